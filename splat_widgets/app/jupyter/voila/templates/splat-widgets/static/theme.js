// Light or dark, before anything is painted: as the person chose here, else as the system has it.
"use strict";

const ROOT = document.documentElement;
const THEME = "splat-widgets-theme";
const media = matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null; // a browser may refuse to store anything
  }
}

function showTheme() {
  const theme = stored() ?? (media.matches ? "dark" : "light");
  ROOT.dataset.theme = theme;
  if (document.body) document.body.dataset.jpThemeLight = String(theme === "light");
  const button = document.getElementById("theme-button");
  if (button) button.textContent = theme === "light" ? "Dark" : "Light";
  button?.setAttribute("title", `Change to ${theme === "light" ? "dark" : "light"} colours`);
}

function changeTheme() {
  try {
    localStorage.setItem(THEME, ROOT.dataset.theme === "light" ? "dark" : "light");
  } catch {
    return;
  }
  showTheme();
}

showTheme();
document.addEventListener("DOMContentLoaded", showTheme); // for what was not there before
media.addEventListener("change", showTheme);
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("#theme-button")) changeTheme();
});
