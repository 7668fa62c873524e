/* Makes a store path for the tests, and is the program that images run.
 *
 * As a builder: $out/data/N with $bytes pseudo-random bytes each, $files of them, from $seed; $out/refs with the text $refs;
 * twice the same file; a second name of a file; a link; itself as $out/bin/show.
 * As a command: prints the files that it is given, and its user and group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *file(const char *out, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", out, name);
    FILE *f = fopen(path, "wb");
    if (!f) { perror(path); exit(1); }
    return f;
}

static void folder(const char *out, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", out, name);
    if (mkdir(path, 0777)) { perror(path); exit(1); }
}

static void random_bytes(FILE *f, unsigned long *state, long bytes) {
    for (long i = 0; i < bytes; i++) {
        *state = *state * 6364136223846793005UL + 1442695040888963407UL;
        putc((int)(*state >> 33 & 255), f);
    }
    fclose(f);
}

int main(int argc, char **argv) {
    const char *out = getenv("out");
    if (!out) {
        for (int i = 1; i < argc; i++) {
            FILE *f = fopen(argv[i], "rb");
            if (!f) { perror(argv[i]); return 1; }
            int c;
            while ((c = getc(f)) != EOF) putchar(c);
            fclose(f);
        }
        printf("%d:%d\n", (int)getuid(), (int)getgid());
        return 0;
    }
    unsigned long state = strtoul(getenv("seed"), 0, 10);
    long bytes = atol(getenv("bytes"));
    folder(out, "");
    folder(out, "data");
    folder(out, "bin");
    for (int i = 0; i < atoi(getenv("files")); i++) {
        char name[64];
        snprintf(name, sizeof name, "data/%d", i);
        random_bytes(file(out, name), &state, bytes);
    }
    for (int i = 0; i < 2; i++) {
        unsigned long same = 7;
        random_bytes(file(out, i ? "data/same-b" : "data/same-a"), &same, 5000);
    }
    FILE *refs = file(out, "refs");
    fputs(getenv("refs"), refs);
    fputc('\n', refs);
    fclose(refs);
    if (chdir(out) || symlink("refs", "link") || link("refs", "second")) { perror(out); return 1; }
    FILE *self = fopen("/proc/self/exe", "rb"), *copy = file(out, "bin/show");
    if (!self) { perror("/proc/self/exe"); return 1; }
    int c;
    while ((c = getc(self)) != EOF) putc(c, copy);
    fclose(copy);
    return chmod("bin/show", 0755);
}
