// Path data of the toolbar's 16 x 16 line icons.
export const ICONS = {
  reset: "M3 8a5 5 0 1 0 1.6-3.7M3 2.8v2.6h2.6",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  cameras: "M2 5h2.6l1-1.6h4.8l1 1.6H14v7.6H2zM5.8 8.7a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0",
  bookmark: "M4.5 2.5h7v11L8 10.8l-3.5 2.7zM8 4.8v3.4M6.3 6.5h3.4",
  measure: "M10.6 2.2l3.2 3.2-8.4 8.4-3.2-3.2zM8.9 3.9l1.6 1.6M7 5.8l1 1M5.1 7.7l1.6 1.6",
  save: "M8 2.5v7M5 6.8l3 3 3-3M2.8 11.5v2h10.4v-2",
  full: "M9.5 2.5h4v4M13.5 2.5l-4.6 4.6M6.5 13.5h-4v-4M2.5 13.5l4.6-4.6",
} as const;
