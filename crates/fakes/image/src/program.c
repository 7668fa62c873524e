/* The one program of tiny images: it does what its first argument says. Without a C library's start-up it would be
   smaller, but this stays readable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "echo")) { /* one argument a line, so that splitting shows */
        for (int i = 2; i < argc; i++) puts(argv[i]);
        return 0;
    }
    if (!strcmp(what, "exit") && argc > 2) {
        fprintf(stderr, "leaving with %s\n", argv[2]);
        return atoi(argv[2]);
    }
    if (!strcmp(what, "sleep") && argc > 2) {
        puts("sleeping");
        fflush(stdout);
        sleep((unsigned)atoi(argv[2]));
        return 0;
    }
    if (!strcmp(what, "eat") && argc > 2) { /* megabytes, touched */
        for (int i = 0; i < atoi(argv[2]); i++) {
            char *part = malloc(1 << 20);
            if (!part) return 3;
            memset(part, 1, 1 << 20);
        }
        return 0;
    }
    if (!strcmp(what, "write") && argc > 3) {
        FILE *file = fopen(argv[2], "w");
        if (!file) { perror(argv[2]); return 4; }
        fputs(argv[3], file);
        return fclose(file) ? 5 : 0;
    }
    if (!strcmp(what, "id")) {
        printf("%d:%d\n", (int)getuid(), (int)getgid());
        return 0;
    }
    if (!strcmp(what, "env") && argc > 2) {
        const char *value = getenv(argv[2]);
        puts(value ? value : "(unset)");
        return 0;
    }
    fprintf(stderr, "tiny: unknown command `%s`\n", what);
    return 64;
}
