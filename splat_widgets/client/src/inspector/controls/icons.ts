// Path data of the inspector's 16 x 16 line icons.
export const ICONS = {
  navigate:
    "M8 2v12M2 8h12M6.2 3.8L8 2l1.8 1.8M6.2 12.2L8 14l1.8-1.8M3.8 6.2L2 8l1.8 1.8M12.2 6.2L14 8l-1.8 1.8",
  pick: "M4 2.5l8.2 5-3.7.9 2.3 4-1.6.9-2.3-4L4 11.8z",
  rectangle:
    "M2.5 3.5h2M6.5 3.5h3M11.5 3.5h2v2M13.5 7.5v2M13.5 11.5v1h-2M9.5 12.5h-3M4.5 12.5h-2v-1M2.5 9.5v-2M2.5 5.5v-2",
  lasso:
    "M8 2.8c3.4 0 5.7 1.5 5.7 3.6S11.4 10 8 10 2.3 8.5 2.3 6.4 4.6 2.8 8 2.8M4.9 9.4a1.5 1.5 0 1 0 .01 0M5.8 11.8c.2 1.2-.4 1.8-1.4 2.2",
  box: "M8 1.8l5.4 3v6.4L8 14.2l-5.4-3V4.8zM2.6 4.8L8 7.9l5.4-3.1M8 7.9v6.3",
  sphere: "M8 2.2a5.8 5.8 0 1 0 .01 0M2.2 8c0 1.4 2.6 2.4 5.8 2.4s5.8-1 5.8-2.4",
  replace: "M3 3h10v10H3z",
  add: "M3 3h10v10H3zM8 5.7v4.6M5.7 8h4.6",
  subtract: "M3 3h10v10H3zM5.7 8h4.6",
  intersect: "M2.5 2.5h7.5V10H2.5zM6 6h7.5v7.5H6z",
  through: "M8 3v10M3 5.5l5-2.5 5 2.5M3 10.5L8 13l5-2.5M3 5.5v5M13 5.5v5",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5L6 3.5M3 6.5l3 3",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  panel: "M2 3h12v10H2zM9.5 3v10",
  warning: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
} as const;
