// probe.js: run within a copy of report.html by tests/browser.sh, which sets `probe`: {scheme, print, letter}. Looks at what a person would see, and
// leaves "fault: ..." lines and a count in <pre id="probe">, which the browser's dump of the page then holds.
'use strict';
const faults = [];
let checked = 0;
const check = (fine, text) => { checked++; if (!fine) faults.push('fault: ' + text); };

// Print has no window of its own here: its rules are made to hold for the screen, and the screen's not.
if (probe.print)
    for (const rule of document.styleSheets[0].cssRules)
        if (rule.media && /print|screen/.test(rule.media.mediaText))
            rule.media.mediaText = rule.media.mediaText.includes('print') ? 'all' : 'not all';

const channels = color => (color.match(/[\d.]+/g) || []).map(Number);
const luminance = color => channels(color).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
const behind = element => {
    for (; element; element = element.parentElement) {
        const color = getComputedStyle(element).backgroundColor, alpha = channels(color)[3];
        if (alpha !== 0 && color !== 'transparent')
            return color;
    }
    return 'rgb(255, 255, 255)';
};
const where = element => (element.closest('svg') || element.closest('table') || element).id + ' "' + element.textContent.slice(0, 40) + '"';

check((luminance(behind(document.body)) < 0.2) === (probe.scheme === 'dark' && !probe.print), 'the page is not ' + probe.scheme);
check(document.documentElement.scrollWidth <= innerWidth, 'the page is ' + document.documentElement.scrollWidth + ' wide in ' + innerWidth);

for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')];
    check(box.width > 250 && box.height > 40, svg.id + ' is ' + box.width + ' by ' + box.height);
    const boxes = texts.map(text => text.getBoundingClientRect());
    texts.forEach((text, i) => {
        const b = boxes[i], size = parseFloat(getComputedStyle(text).fontSize) * box.width / svg.viewBox.baseVal.width;
        check(size >= probe.letter, where(text) + ' has letters of ' + size.toFixed(1));
        check(b.left >= box.left - 1 && b.right <= box.right + 1 && b.top >= box.top - 1 && b.bottom <= box.bottom + 1,
              where(text) + ' does not fit: ' + [b.left - box.left, box.right - b.right, b.top - box.top, box.bottom - b.bottom].map(Math.round));
        check(contrast(getComputedStyle(text).fill, behind(svg)) >= 4.5, where(text) + ' is pale');
        // the height of a box is that of the line: letters take two thirds of it
        const slack = b.height / 6;
        for (let j = 0; j < i; j++)
            check(b.left >= boxes[j].right || b.right <= boxes[j].left || b.top + slack >= boxes[j].bottom - slack ||
                  b.bottom - slack <= boxes[j].top + slack, where(text) + ' lies on "' + texts[j].textContent + '"');
    });
    const marks = svg.querySelectorAll('.line,.theory,.marks,.dot,.bar');
    check(marks.length > 0, svg.id + ' has no mark');
    for (const mark of marks) {
        const style = getComputedStyle(mark), b = mark.getBoundingClientRect();
        check(contrast(style.fill === 'none' ? style.stroke : style.fill, behind(svg)) >= 3, svg.id + ': a mark is pale');
        if (mark.matches('.theory') && mark.getTotalLength() === 0)
            continue; // theory of a single point is no line
        check(b.width + b.height > 0 && b.left >= box.left - 1 && b.right <= box.right + 1 && b.top >= box.top - 2 && b.bottom <= box.bottom + 1,
              svg.id + ': a mark is outside');
    }
}
for (const text of document.querySelectorAll('h1,h2,p,th,td,caption,dt,dd,li,a')) {
    if (!text.textContent.trim())
        continue;
    check(text.getClientRects().length > 0 || (probe.print && text.closest('.more')), where(text) + ' is not shown');
    check(contrast(getComputedStyle(text).color, behind(text)) >= 4.5, where(text) + ' is pale');
}
check(parseFloat(getComputedStyle(document.querySelector('.sentence')).fontSize) >= 1.2 * parseFloat(getComputedStyle(document.body).fontSize),
      'the sentence is no larger than the rest');

const pre = document.createElement('pre');
pre.id = 'probe';
pre.textContent = '\n' + faults.slice(0, 40).join('\n') + '\n' + (checked - faults.length) + ' passed, ' + faults.length + ' failed\n';
document.body.append(pre);
