// The page around the Studio: help, progress of the start, and whether its session lives.
"use strict";

const ASK_MS = 5_000; // between questions whether the session lives
const SLOW_MS = 20_000; // a start that takes longer is explained
const PATIENCE = 6; // questions without an answer, after which a reload is advised
const LOST = "No connection. Waiting for it to come back…";
const GONE =
  "The server does not answer. Reload the page when it is there again; a session that it has " +
  "forgotten begins anew.";
const ENDED =
  "This session has ended. Reload the page to begin anew; what was not downloaded is gone.";

// What a start is made of, in order: what shows that it is done, how far that is, what comes next.
const STEPS = [
  ["#jupyter-config-data", 0.25, "Loading the program…"],
  [".swa-output", 0.6, "Building the page…"],
  ["body > #main", 0.75, "Connecting to your session…"],
  [".sw-studio", 0.9, "Drawing the page…"],
];
const READY = ".sws[data-ready], .swa-problem";
const DOWNLOADS = ".sws-download, .sws-download-whole";

const byId = (id) => document.getElementById(id);

/** Shows how far the start is, as the pieces of the page come in; hides it at the end. */
function followStart() {
  const began = performance.now();
  const bar = byId("starting-bar");
  const text = byId("starting-text");
  const look = () => {
    const done = STEPS.filter(([selector]) => document.querySelector(selector)).at(-1);
    const slow = performance.now() - began > SLOW_MS;
    if (done) bar.style.width = `${100 * done[1]}%`;
    const said =
      (done?.[2] ?? "Starting your session…") + (slow ? " This takes longer than usual." : "");
    if (text.textContent !== said) text.textContent = said; // the observer sees it too
    if (!document.querySelector(READY)) return;
    byId("starting").hidden = true;
    document.body.dataset.started = "";
    observer.disconnect();
    clearInterval(clock);
    window.dispatchEvent(new Event("resize")); // Voila's shell measures itself anew
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-ready"] });
  const clock = setInterval(look, 1_000);
  look();
}

function session() {
  const config = byId("jupyter-config-data");
  return config ? JSON.parse(config.textContent) : null;
}

/** Says when the server is not reached, and when it does not know the session any more. */
function followSession() {
  let failures = 0;
  const say = (text, ended) => {
    if (byId("lost").hidden === !text && byId("lost-text").textContent === text) return;
    byId("lost").hidden = !text;
    byId("lost-text").textContent = text;
    byId("reload-button").hidden = !ended;
    window.dispatchEvent(new Event("resize")); // Voila's shell has less room now
  };
  const ask = async () => {
    const known = session();
    if (!known) return true;
    try {
      const answer = await fetch(`${known.baseUrl}api/kernels/${known.kernelId}`, {
        cache: "no-store",
      });
      failures = 0;
      if (answer.status === 404 || answer.status === 403) {
        say(ENDED, true);
        document.body.dataset.ended = "";
        byId("main")?.setAttribute("inert", "");
        return false;
      }
      say("", false);
    } catch {
      failures += 1; // one may be an accident
      if (failures > 1) say(failures < PATIENCE ? LOST : GONE, failures >= PATIENCE);
    }
    return true;
  };
  const next = async () => {
    if (await ask()) setTimeout(next, ASK_MS);
  };
  setTimeout(next, ASK_MS);
}

// The token has done its work: it goes into no bookmark and no picture of the screen.
const address = new URL(location.href);
if (address.searchParams.has("token")) {
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}
/** Asks before scenes are lost that were not downloaded; ends the session with its page. */
function followLeaving() {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest(DOWNLOADS);
    if (button) button.closest("li").dataset.downloaded = "";
  });
  window.addEventListener("beforeunload", (event) => {
    const lost = document.querySelector("[data-ended] .sws, .sws[data-lost]");
    if (lost || !document.querySelector(".sws-results li:not([data-downloaded])")) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Voila would end the session before the answer
  });
  window.addEventListener("pagehide", () => {
    const known = session();
    if (!known) return;
    const form = new FormData();
    form.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
    navigator.sendBeacon(`${known.baseUrl}voila/api/shutdown/${known.kernelId}`, form);
  });
}

showTheme(); // for the body, which was not there before
window.voila_heartbeat = () => {}; // Voila calls it while it waits for the session
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("reload-button").addEventListener("click", () => location.reload());
followStart();
followSession();
followLeaving();
