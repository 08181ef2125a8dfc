import { parseDocument } from "yaml";
import { Problem } from "../toolchain/problem.ts";

/**
 * A stack file in which an application has another image; comments, order and everything else stay.
 * @throws Problem when the file has no such application
 */
export function withImage(text: string, application: string, image: string): string {
  const document = parseDocument(text);
  const path = ["config", "sluice:dokploy", "applications", application];
  if (document.errors.length > 0 || !document.hasIn(path))
    throw new Problem(`The stack file has no application '${application}' below \`sluice:dokploy.applications\`, written as a map.`);
  if (document.getIn([...path, "image"]) === image) return text;
  document.setIn([...path, "image"], image);
  return document.toString({ lineWidth: 0, flowCollectionPadding: !/: [{[][^ }\]\n]/.test(text) });
}
