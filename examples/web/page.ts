import { createHash } from "node:crypto";
import type { Identity } from "../support/metrics.ts";

export interface PageParts {
  /** The copy that serves the page. */
  readonly identity: Identity;
  readonly style: string;
  readonly script: string;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Makes any text safe inside HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** The whole page as one document: no other file, font or image is asked for. */
export function renderPage({ identity, style, script }: PageParts): string {
  const slot = escapeHtml(identity.slot);
  const release = escapeHtml(identity.release);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Orders · ${slot}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the orders</a>
<header>
<h1>Orders</h1>
<dl class="served" aria-label="Who served this page">
<div class="badge" data-slot="${slot}"><dt>Page</dt><dd><strong>${slot}</strong> <span>${release}</span></dd></div>
<div class="badge" id="api" aria-live="polite"><dt>API</dt><dd id="api-text">asking…</dd></div>
</dl>
</header>
<main id="main">
<section aria-labelledby="add-title">
<h2 id="add-title">New order</h2>
<form id="add" novalidate>
<div class="field wide"><label for="item">Item</label><input id="item" name="item" required maxlength="200" autocomplete="off" aria-describedby="problem"></div>
<div class="field"><label for="quantity">Quantity</label><input id="quantity" name="quantity" type="number" inputmode="numeric" min="1" max="1000" value="1" required aria-describedby="problem"></div>
<button type="submit">Add order</button>
<p id="problem" role="alert"></p>
</form>
</section>
<section aria-labelledby="list-title">
<div class="bar"><h2 id="list-title">Latest orders</h2><button type="button" id="again" class="quiet">Refresh</button></div>
<p id="state" role="status">Loading…</p>
<ul id="orders" aria-labelledby="list-title"></ul>
<noscript><p>This page needs JavaScript. The API itself is at <a href="/api/orders">/api/orders</a>.</p></noscript>
</section>
</main>
<footer><p>Reload the page: you stay in your slot. Send the header <code>X-Sluice-Slot: green</code> to see the other one.</p></footer>
<script>${script}</script>
</body>
</html>
`;
}

const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Only this page's own style and script may run, and it may talk to its own origin alone. */
export const contentPolicy = ({ style, script }: Pick<PageParts, "style" | "script">): string =>
  [
    "default-src 'none'",
    `style-src ${digest(style)}`,
    `script-src ${digest(script)}`,
    "connect-src 'self'",
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
