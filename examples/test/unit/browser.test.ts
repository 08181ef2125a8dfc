import { type HTMLElement, type HTMLInputElement, Window } from "happy-dom";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "../../web/page.ts";

const SCRIPT = "../../web/browser.js";
/** Only ends what hangs. */
const PATIENCE = { timeout: 30_000 };
const order = { id: "1", item: "<b>tea</b>", quantity: 2, createdAt: "2026-01-02T03:04:05.000Z" };

let window: Window;
/** What the API answers, by method and path; a function may throw. */
let answers: Record<string, () => Response>;
let asked: [string, string | undefined][];

const ok = (body: object) => () => Response.json(body);
const find = <T = HTMLElement>(id: string) => window.document.getElementById(id) as unknown as T;
const text = (id: string) => find(id).textContent;

beforeEach(() => {
  window = new Window({ url: "http://127.0.0.1/" });
  window.document.write(renderPage({ identity: { service: "web", slot: "blue", release: "v1" }, style: "", script: "" }));
  answers = { "GET /api/version": ok({ slot: "green", release: "v2" }), "GET /api/orders": ok({ orders: [order] }) };
  asked = [];
  vi.stubGlobal("document", window.document);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    asked.push([`${init.method ?? "GET"} ${path}`, init.body as string | undefined]);
    const answer = answers[`${init.method ?? "GET"} ${path}`];
    if (!answer) throw new TypeError("fetch failed");
    return answer();
  });
  vi.resetModules();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await window.happyDOM.close();
});

/** The page as a browser has it when the first answers are there. */
async function open() {
  await import(SCRIPT);
  await settled();
}
const settled = () => vi.waitFor(() => expect(find("orders").hasAttribute("aria-busy")).toBe(false), PATIENCE);
async function submit(item: string, quantity: string) {
  find<HTMLInputElement>("item").value = item;
  find<HTMLInputElement>("quantity").value = quantity;
  find("add").dispatchEvent(new window.Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(window.document.querySelector("button[type=submit]")?.hasAttribute("disabled")).toBe(false), PATIENCE);
  await settled();
}

describe("the page in a browser", () => {
  it("shows who answers and the orders, as text and never as HTML", async () => {
    await open();
    expect([text("api-text"), find("api").dataset.slot]).toEqual(["green v2", "green"]);
    expect([find("orders").children.length, find("orders").querySelector("b")]).toEqual([1, null]);
    expect(text("orders")).toContain("2 × <b>tea</b>");
    expect(text("state")).toBe("");
  });

  it("says that there are no orders yet", async () => {
    answers["GET /api/orders"] = ok({ orders: [] });
    await open();
    expect(text("state")).toBe("No orders yet. Add the first one above.");
  });

  it("says so when the API does not answer, and finds back", async () => {
    answers = {};
    await open();
    expect([text("api-text"), find("api").dataset.slot]).toEqual(["no answer", undefined]);
    expect(text("state")).toBe("The orders could not be loaded. The API does not answer. Is it running?");
    expect(find("state").classList.contains("bad")).toBe(true);
    answers = { "GET /api/version": ok({ slot: "blue", release: "v1" }), "GET /api/orders": ok({ orders: [order] }) };
    find("again").click();
    await vi.waitFor(() => expect(find("orders").children.length).toBe(1), PATIENCE);
    expect([text("state"), text("api-text")]).toEqual(["", "blue v1"]);
  });

  it("adds an order and shows it", async () => {
    answers["POST /api/orders"] = () => Response.json(order, { status: 201 });
    await open();
    await submit("  tea ", "3");
    expect(asked).toContainEqual(["POST /api/orders", '{"item":"tea","quantity":3}']);
    expect(asked.filter(([what]) => what === "GET /api/orders")).toHaveLength(2);
    expect(text("problem")).toBe("");
  });

  it.each([
    ["  ", "1", "item", "Say what to order."],
    ["tea", "", "quantity", "The quantity is a whole number from 1 to 1000."],
  ])("asks again for '%s' times '%s' and sends nothing", async (item, quantity, wrong, words) => {
    await open();
    await submit(item, quantity);
    expect([text("problem"), find(wrong).getAttribute("aria-invalid")]).toEqual([words, "true"]);
    expect(asked.some(([what]) => what.startsWith("POST"))).toBe(false);
  });

  it.each<[string, () => Response, string]>([
    ["in the API's words", () => Response.json({ message: "try again" }, { status: 503 }), "The order was not added. try again"],
    ["with its status when it has none", () => new Response("oops", { status: 502 }), "The order was not added. The API answered 502."],
  ])("says %s why an order was not added", async (_what, answer, words) => {
    answers["POST /api/orders"] = answer;
    await open();
    await submit("tea", "1");
    expect(text("problem")).toBe(words);
  });
});
