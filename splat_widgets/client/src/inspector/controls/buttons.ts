// The small controls that tools and sections are made of.
import { h, icon } from "../../page/dom";

/** A button with a text, an icon, or both; an icon alone takes the label as its name. */
export function button(
  content: { text?: string; icon?: string; label: string; class?: string },
  press: (event: MouseEvent) => void,
): HTMLButtonElement {
  const made = h("button", { type: "button", title: content.label, class: content.class });
  if (content.icon) made.append(icon(content.icon));
  if (content.text) made.append(content.text);
  else made.setAttribute("aria-label", content.label);
  made.addEventListener("click", press);
  return made;
}

/** A button that is on or off. */
export function toggle(
  content: { text?: string; icon?: string; label: string; class?: string },
  change: (on: boolean) => void,
): { element: HTMLButtonElement; set: (on: boolean) => void } {
  const element = button(content, () => change(element.getAttribute("aria-pressed") !== "true"));
  element.setAttribute("aria-pressed", "false");
  return { element, set: (on) => element.setAttribute("aria-pressed", String(on)) };
}

/** A few choices, one of them on; arrow keys go from one to the next. */
export function segments<T extends string>(
  label: string,
  choices: readonly { value: T; text?: string; icon?: string; label: string }[],
  change: (value: T) => void,
): { element: HTMLElement; set: (value: T) => void } {
  const element = h("div", { class: "swi-segments", role: "radiogroup", "aria-label": label });
  const buttons = choices.map((choice) => {
    const made = button(choice, () => change(choice.value));
    made.setAttribute("role", "radio");
    element.append(made);
    return made;
  });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = (at + step + buttons.length) % buttons.length;
    buttons[next].focus();
    change(choices[next].value);
  });
  const set = (value: T) =>
    choices.forEach((choice, i) => {
      const on = choice.value === value;
      buttons[i].setAttribute("aria-checked", String(on));
      buttons[i].tabIndex = on ? 0 : -1;
    });
  set(choices[0].value);
  return { element, set };
}

/** A label in front of a control, on one line. */
export function row(label: string, ...controls: (Node | string)[]): HTMLElement {
  return h("div", { class: "swi-row" }, h("span", { class: "swi-label" }, label), ...controls);
}

export type DrawnShape = "lasso" | "rectangle";

/** What a drag on a plot or photo draws; `value` is the present choice. */
export function shapeChoice(
  label: string,
  lasso: string,
): { element: HTMLElement; readonly value: DrawnShape } {
  let value: DrawnShape = "lasso";
  const choice = segments<DrawnShape>(
    label,
    [
      { value: "lasso", text: "Lasso", label: lasso },
      { value: "rectangle", text: "Rectangle", label: "Draw a rectangle" },
    ],
    (chosen) => {
      value = chosen;
      choice.set(chosen);
    },
  );
  return {
    element: choice.element,
    get value() {
      return value;
    },
  };
}
