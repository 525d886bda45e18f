/*
 * kubeconfig_file.c: see kubeconfig_file.h. Texts are written as JSON strings, which YAML reads as they are.
 */
#include "simulator/kubeconfig_file.h"

#include <string.h>

static int add_base64(struct buffer *out, const char *text, struct error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = strlen(text);

    for (size_t i = 0; i < bytes; i += 3) {
        unsigned long group = (unsigned long)(unsigned char)text[i] << 16;
        char four[4] = {0, 0, '=', '='};

        if (i + 1 < bytes)
            group |= (unsigned long)(unsigned char)text[i + 1] << 8;
        if (i + 2 < bytes)
            group |= (unsigned long)(unsigned char)text[i + 2];
        four[0] = digits[group >> 18];
        four[1] = digits[group >> 12 & 63];
        if (i + 1 < bytes)
            four[2] = digits[group >> 6 & 63];
        if (i + 2 < bytes)
            four[3] = digits[group & 63];
        if (buffer_add(out, four, 4, err) < 0)
            return -1;
    }
    return 0;
}

static int add_named(struct buffer *out, const char *before, const char *text, struct error *err)
{
    return buffer_add_string(out, before, err) < 0 ? -1 : buffer_add_json_string(out, text, err);
}

int kubeconfig_file_render(const char *server, const char *name, const char *ca_pem, const char *token, struct buffer *out,
                           struct error *err)
{
    if (add_named(out, "apiVersion: v1\nkind: Config\ncurrent-context: ", name, err) < 0 ||
        add_named(out, "\nclusters:\n- name: ", name, err) < 0 || add_named(out, "\n  cluster:\n    server: ", server, err) < 0 ||
        (ca_pem && (buffer_add_string(out, "\n    certificate-authority-data: ", err) < 0 || add_base64(out, ca_pem, err) < 0)) ||
        add_named(out, "\nusers:\n- name: ", name, err) < 0 ||
        (token ? add_named(out, "\n  user:\n    token: ", token, err) : buffer_add_string(out, "\n  user: {}", err)) < 0 ||
        add_named(out, "\ncontexts:\n- name: ", name, err) < 0 || add_named(out, "\n  context:\n    cluster: ", name, err) < 0 ||
        add_named(out, "\n    user: ", name, err) < 0)
        return -1;
    return buffer_add(out, "\n", 1, err);
}
