/*
 * live_page.h: the files of the page, compiled in: live.html, live.css, live.js (the Makefile turns them into C).
 */
#ifndef COMPARE_LIVE_PAGE_H
#define COMPARE_LIVE_PAGE_H

#include <stddef.h>

extern const char live_html[], live_css[], live_js[]; /* NUL-terminated */
extern const size_t live_html_bytes, live_css_bytes, live_js_bytes;

#endif
