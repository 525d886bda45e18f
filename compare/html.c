#include "compare/html.h"

#include <stdarg.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* bytes of the character at text, or 0 when it is no UTF-8 or no character of XML */
static size_t character(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long least;
    } forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    unsigned long code;
    size_t bytes, i;

    for (bytes = 0; bytes < 4 && (text[0] & forms[bytes].mask) != forms[bytes].lead;)
        bytes++;
    if (bytes == 4)
        return 0;
    code = text[0] & (unsigned char)~forms[bytes].mask;
    for (i = 1; i <= bytes; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < forms[bytes].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff ||
        (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0))
        return 0;
    return bytes + 1;
}

void html_text(FILE *out, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

    while (*text) {
        size_t bytes = character((const unsigned char *)text);
        const char *found = strchr(special, *text);

        if (found)
            fputs(entities[found - special], out);
        else if (bytes)
            fwrite(text, 1, bytes, out);
        else
            fputs(REPLACEMENT, out);
        text += bytes ? bytes : 1;
    }
}

void html_printf(FILE *out, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    html_text(out, text);
}

/* cells of a row up to the last that is not empty */
static size_t filled(const struct text_table *table, size_t row)
{
    size_t count = table->columns;

    while (count && !*table->cells[row][count - 1])
        count--;
    return count;
}

static void head(FILE *out, const struct text_table *table)
{
    size_t column;

    fputs("<thead><tr>", out);
    for (column = 0; column < table->columns; column++) {
        fputs(*table->cells[0][column] ? "<th scope=\"col\">" : "<td>", out);
        html_text(out, table->cells[0][column]);
        fputs(*table->cells[0][column] ? "</th>" : "</td>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void body_row(FILE *out, const struct text_table *table, size_t row)
{
    const char *label = table->cells[row][0];
    size_t depth = strspn(label, " "), column, count = filled(table, row);

    if (!count)
        return;
    fputs("<tr>", out);
    if (count == 1 && !depth && row + 1 < table->rows && *table->cells[row + 1][0] == ' ')
        fprintf(out, "<th scope=\"rowgroup\" colspan=\"%zu\">", table->columns);
    else
        fprintf(out, "<th scope=\"row\"%s>", depth > 2 ? " class=\"deep\"" : "");
    html_text(out, label + depth);
    fputs("</th>", out);
    for (column = 1; count > 1 && column < table->columns; column++) {
        fputs("<td>", out);
        html_text(out, table->cells[row][column]);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

void html_table(FILE *out, const char *id, const char *caption, const struct text_table *table)
{
    size_t row;

    if (!table->rows)
        return;
    fprintf(out, "<div class=\"scroll\"><table id=\"%s\">\n<caption>", id);
    html_text(out, caption);
    fputs("</caption>\n", out);
    head(out, table);
    for (row = 1; row < table->rows; row++)
        body_row(out, table, row);
    fputs("</tbody></table></div>\n", out);
}
