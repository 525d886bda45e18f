/* words.h: names, and how they come into sentences and commands. */
#ifndef DOCTOR_WORDS_H
#define DOCTOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many characters are to be put in, taken out, changed, or swapped with their neighbour to make one text of the other; SIZE_MAX beyond 128 bytes. */
size_t words_distance(const char *a, const char *b);

/*
 * An image's whole name as the kubelet lists it: "my-scheduler" is "docker.io/library/my-scheduler:latest" (distribution's reference.ParseNormalizedNamed).
 * `out` is cut at `size`.
 */
void words_image(const char *image, char *out, size_t size);
/* Whether it can only have been built here: a plain name, without a registry or an owner. */
bool words_image_is_local(const char *image);
/* Whether its tag is latest, said or not; then the API server's default for imagePullPolicy is Always. */
bool words_image_is_latest(const char *image);

/* The first MAJOR.MINOR in a text ("kind v0.20.0 go1.20"), behind a 'v' or at its beginning. False: there is none. */
bool words_version(const char *text, int *major, int *minor);

/* Whether NO_PROXY keeps requests to that host from the proxy (golang.org/x/net/http/httpproxy: names, .domains, addresses, networks, *). */
bool words_no_proxy(const char *no_proxy, const char *host);
/* localhost, 127.0.0.0/8 or ::1. */
bool words_is_loopback(const char *host);

/* A text as one word of a shell: as it is when it is plain, else in single quotes. One of a few static buffers; cut at 600 bytes. */
const char *words_shell(const char *text);

/* A span as a person says it: "42 s", "7 min", "3 h", "5 d". One of a few static buffers. */
const char *words_span(int64_t us);

/* A list of names as "a, b and 3 more": add one after the other. Zero it to begin. */
struct word_list {
    char text[512];
    size_t count, shown;
};
void word_list_add(struct word_list *list, const char *name);
/* The text, with what was left out. */
const char *word_list_text(struct word_list *list);

#endif
