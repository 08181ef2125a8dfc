// Runs in the browser, as it is. Everything it shows is set as text, never as HTML.
const find = (id) => document.getElementById(id);
const [api, apiText, form, item, quantity, problem, state, list, again] = [
  "api",
  "api-text",
  "add",
  "item",
  "quantity",
  "problem",
  "state",
  "orders",
  "again",
].map(find);
const send = form.querySelector("button");
const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Asks the API; every failure becomes an Error with words for people. */
async function ask(path, init) {
  const response = await fetch(`/api${path}`, { ...init, signal: AbortSignal.timeout(8000) }).catch(() => {
    throw new Error("The API does not answer. Is it running?");
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.message ?? `The API answered ${response.status}.`);
  return body;
}

async function showVersion() {
  try {
    const { slot, release } = await ask("/version");
    const strong = document.createElement("strong");
    strong.textContent = slot;
    apiText.replaceChildren(strong, ` ${release}`);
    api.dataset.slot = slot;
  } catch {
    apiText.textContent = "no answer";
    delete api.dataset.slot;
  }
}

function row(order) {
  const entry = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = `${order.quantity} × ${order.item}`;
  const time = document.createElement("time");
  time.dateTime = order.createdAt;
  time.textContent = when.format(new Date(order.createdAt));
  entry.append(text, time);
  return entry;
}

function say(words, bad = false) {
  state.textContent = words;
  state.classList.toggle("bad", bad);
}

async function showOrders() {
  again.disabled = true;
  list.setAttribute("aria-busy", "true");
  if (list.childElementCount === 0) say("Loading…");
  try {
    const { orders } = await ask("/orders");
    list.replaceChildren(...orders.map(row));
    say(orders.length === 0 ? "No orders yet. Add the first one above." : "");
  } catch (error) {
    say(`The orders could not be loaded. ${error.message}`, true);
  } finally {
    again.disabled = false;
    list.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  for (const field of [item, quantity]) field.removeAttribute("aria-invalid");
  const wrong = [item, quantity].find((field) => !field.checkValidity() || field.value.trim() === "");
  if (wrong) {
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
    problem.textContent = wrong === item ? "Say what to order." : "The quantity is a whole number from 1 to 1000.";
    return;
  }
  send.disabled = true;
  try {
    await ask("/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ item: item.value.trim(), quantity: Number(quantity.value) }),
    });
    form.reset();
    item.focus();
    await showOrders();
  } catch (error) {
    problem.textContent = `The order was not added. ${error.message}`;
  } finally {
    send.disabled = false;
  }
});

again.addEventListener("click", () => {
  void showVersion();
  void showOrders();
});
void showVersion();
void showOrders();
