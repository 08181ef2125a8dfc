// The engine's runner compiles a pack whose entry is TypeScript, slowly and by rules of its own. Behind this line Node strips the types itself.
import "../settings/lean-sdk.ts";
import "./index.ts";
