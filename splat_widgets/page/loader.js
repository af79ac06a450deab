// Brings the real bundle from the kernel to the page, once for all widgets.
// Plain JavaScript, sent with every widget: a test holds it under 5 kB.

// hash -> { module: Promise, resolve, reject, asked: ms, of the last request }
const page = (globalThis.__splat_widgets_bundles__ ??= new Map());
const ASK_AGAIN_MS = 4000; // then twice as long, and so on: a busy kernel answers every request
const LONGEST_MS = 30000;
const SLOW_MS = 6000; // then the cell says so

function slot(hash) {
  if (!page.has(hash)) {
    const entry = { asked: Number.NEGATIVE_INFINITY, wait: ASK_AGAIN_MS / 2 };
    entry.module = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    entry.module.catch(() => page.delete(hash)); // must not stick
    page.set(hash, entry);
  }
  return page.get(hash);
}

async function importBytes(bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  let policy;
  const refused = (event) => event.blockedURI.startsWith("blob") && (policy = event);
  document.addEventListener("securitypolicyviolation", refused);
  try {
    return await import(url);
  } catch (error) {
    await new Promise((later) => setTimeout(later)); // the event comes late
    if (!policy) throw error;
    throw new Error(
      `this page's Content-Security-Policy (${policy.effectiveDirective}) does not allow blob:, ` +
        "from which the widget is loaded; ask whoever runs the page",
    );
  } finally {
    document.removeEventListener("securitypolicyviolation", refused);
    URL.revokeObjectURL(url);
  }
}

function fetchBundle(model) {
  const hash = model.get("_bundle_hash");
  if (!hash) return Promise.reject(new Error(model.get("_bundle_problem")));
  const entry = slot(hash);
  let timer;
  const ask = () => {
    if (performance.now() - entry.asked >= entry.wait) {
      entry.asked = performance.now();
      entry.wait = Math.min(2 * entry.wait, LONGEST_MS);
      try {
        model.send({ kind: "bundle", hash });
      } catch {
        entry.reject(new Error("the kernel is gone"));
        return;
      }
    }
    timer = setTimeout(ask, ASK_AGAIN_MS);
  };
  const answer = (message, buffers) => {
    if (message?.kind !== "bundle" || message.hash !== hash) return;
    if (message.problem) entry.reject(new Error(message.problem));
    else if (!entry.imported) {
      entry.imported = true;
      importBytes(buffers[0]).then(entry.resolve, entry.reject);
    }
  };
  model.on("msg:custom", answer);
  ask();
  return entry.module.finally(() => {
    clearTimeout(timer);
    model.off("msg:custom", answer);
  });
}

function notice(el) {
  const box = document.createElement("div");
  box.setAttribute("role", "status");
  box.style.cssText =
    "font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);padding:8px 12px;white-space:pre-wrap;" +
    "color:var(--jp-ui-font-color1,#333);border-left:3px solid var(--jp-border-color1,#bbb);";
  return {
    say(text, isError = false) {
      el.append(box);
      box.textContent = text;
      box.dataset.splatWidgets = isError ? "error" : "loading";
      if (isError) {
        box.setAttribute("role", "alert");
        box.style.borderLeftColor = "var(--jp-error-color1,#c62828)";
      }
    },
    close: () => box.remove(),
  };
}

export default () => {
  let hooks; // of this widget, made once; each hook gets another proxy of the model
  let context;
  const cleanups = [];
  const start = async () => {
    const module = await fetchBundle(context.model);
    const name = context.model.get("_entry");
    if (!module[name]) throw new Error(`the front end has no widget named "${name}"; rebuild it`);
    const made = await module[name]();
    const cleanup = await made.initialize?.(context);
    if (typeof cleanup === "function") cleanups.push(cleanup);
    return made;
  };
  return {
    initialize(ctx) {
      context = ctx;
      return () => cleanups.splice(0).forEach((cleanup) => void cleanup());
    },
    render(ctx) {
      let gone = false;
      let cleanup;
      const box = notice(ctx.el);
      const slow = setTimeout(
        () =>
          box.say(
            "Waiting for the kernel to send the front end. " +
              "It is busy, or gone: then run this cell again, or reload the page.",
          ),
        SLOW_MS,
      );
      context ??= ctx;
      hooks ??= start();
      hooks
        .then(async (made) => {
          clearTimeout(slow);
          box.close();
          if (gone) return;
          cleanup = await made.render(ctx);
          if (gone) cleanup?.();
        })
        .catch((error) => {
          clearTimeout(slow);
          hooks = undefined; // showing the widget again tries again
          console.error(error);
          if (gone) return;
          box.say(`splat_widgets: ${error?.message ?? error}`, true);
        });
      return () => {
        gone = true;
        clearTimeout(slow);
        cleanup?.();
      };
    },
  };
};
