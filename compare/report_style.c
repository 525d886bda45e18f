/*
 * report_style.c: the looks of report.html. Colours have a contrast of 4.5 and more against what is behind them, light and dark; those of
 * contestants were chosen to stay apart for colour-blind eyes, and each line has its name beside it.
 */
#include <stddef.h>

#include "compare/report_page.h"

/* clang-format off: a rule a line */
const char *const report_style[] = {
    ":root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#16191d;--muted:#565d66;--grid:#e1e4e8;--axis:#8a929b;--bad:#b3001b;"
    "--bad-back:#fdecee;--s0:#b84300;--s1:#0060a8;--s2:#00705a;--s3:#983a7b;--s4:#7a5c00;--s5:#5750c0;--s6:#50565e;--s7:#8a3b2a}",
    "@media screen and (prefers-color-scheme:dark){:root{--back:#0e1114;--card:#181c21;--text:#eef1f4;--muted:#a9b1ba;--grid:#2c333b;"
    "--axis:#6d7680;--bad:#ff8c98;--bad-back:#3a1519;--s0:#ff9a57;--s1:#63bdff;--s2:#4ad9ac;--s3:#f2a0d6;--s4:#e6c654;--s5:#b5b1ff;"
    "--s6:#b9bfc7;--s7:#e0a48e}}",
    "*{box-sizing:border-box}",
    "body{margin:0;background:var(--back);color:var(--text);"
    "font:clamp(16px,.55rem + .55vw,20px)/1.45 system-ui,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"DejaVu Sans\",sans-serif}",
    "main{max-width:120rem;margin:0 auto;padding:clamp(1rem,2.2vw,2.6rem)}",
    "h1{font-size:1rem;font-weight:600;margin:0 0 .7em;color:var(--muted)}",
    "h2{font-size:1.2em;line-height:1.25;margin:0}",
    ".sentence{font-size:clamp(1.3rem,.75rem + 1.25vw,2.25rem);line-height:1.3;font-weight:600;margin:0 0 .3em;text-wrap:pretty}",
    ".rest{font-size:clamp(1rem,.6rem + .6vw,1.35rem);line-height:1.4;margin:0 0 1.1rem;text-wrap:pretty}",
    ".invalid{border-left:.4rem solid var(--bad);background:var(--bad-back);padding:.7rem 1rem;margin:0 0 1.2rem}",
    ".invalid h2{color:var(--bad)}",
    ".invalid ul{margin:.3em 0 0;padding-left:1.3em}",
    ".charts{display:grid;grid-template-columns:minmax(0,1fr);gap:1.2rem;margin:1.4rem 0}",
    "@media screen and (min-width:60rem){.charts{grid-template-columns:repeat(2,minmax(0,1fr))}}",
    ".tables{columns:2 38rem;column-gap:1.2rem}",
    ".card,.scroll{background:var(--card);border-radius:.6rem;padding:1rem 1.2rem}",
    "figure{margin:0;display:flex;flex-direction:column;min-width:0}",
    "figcaption p{margin:.2em 0 .7em;color:var(--muted)}",
    ".chart{overflow-x:auto;margin:auto 0}",
    ".more{margin:.5em 0 0;font-size:.85em}",
    "a{color:var(--s1)}",
    "svg{display:block;width:100%;min-width:30rem;height:auto;font-size:17px}",
    "svg text{fill:var(--text);paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round}",
    "svg .tick,svg .axis-name,svg .muted{fill:var(--muted)}",
    "svg .tick,svg .axis-name{font-size:16px}",
    ".grid{stroke:var(--grid);fill:none}",
    ".axis{stroke:var(--axis);fill:none;stroke-width:1.5}",
    ".s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{"
    "--c:var(--s7)}",
    ".line{fill:none;stroke:var(--c);stroke-width:3.5;stroke-linejoin:round}",
    ".theory{fill:none;stroke:var(--c);stroke-width:2;stroke-dasharray:7 6}",
    ".range{fill:none;stroke:var(--c);stroke-width:3;stroke-linecap:round;opacity:.55}",
    ".marks{fill:none;stroke:var(--c);stroke-width:2}",
    ".marks.many{stroke-width:3;stroke-linecap:round;opacity:.5}",
    ".dot,.bar{fill:var(--c)}",
    "svg .name{fill:var(--c);font-weight:650}",
    ".scroll{overflow-x:auto;margin:0 0 1.2rem;break-inside:avoid}",
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}",
    "caption{text-align:left;font-weight:700;font-size:1.1em;padding-bottom:.4em}",
    "th,td{padding:.22em .9em;text-align:right;border-bottom:1px solid var(--grid)}",
    "th{font-weight:600}",
    "tbody th{text-align:left;font-weight:400}",
    "thead th:first-child{text-align:left}",
    "tbody th[scope=rowgroup]{font-weight:700;padding-top:.9em}",
    "tbody th.deep{padding-left:2.2em;color:var(--muted)}",
    ".key{width:100%}",
    ".key td{font-size:1.2em;font-weight:650;white-space:nowrap}",
    ".key th,.key td{padding-left:.35em}",
    ".key tbody th{font-size:1.2em;font-weight:700;color:var(--c);overflow-wrap:anywhere}",
    ".key td.bad{color:var(--bad);text-align:left;font-size:1em}",
    "dl{margin:0}",
    "dt{font-weight:700;margin-top:.7em}",
    "dd{margin:0;overflow-wrap:anywhere}",
    "code{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:.92em}",
    ".method{margin:0 0 1.2rem}",
    "@page{size:landscape;margin:12mm}",
    "@media print{body{background:#fff;font-size:10pt}main{padding:0;max-width:none}.sentence{font-size:15pt}.card,.scroll{"
    "padding:.3rem 0;border-radius:0}.charts{display:grid;grid-template-columns:1fr 1fr}svg{min-width:0}.scroll,.chart{overflow:visible}"
    "figure,tr,.invalid{break-inside:avoid}.more{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}",
    NULL};
