/* The one program of tiny images: it does what its first argument says. Without a C library's start-up it would be
   smaller, but this stays readable. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void leave(int signal) { (void)signal; _exit(0); }

/* Answers every connection with one refusal, as a server does to whoever has no token. */
static int serve(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8)) { perror("bind"); return 6; }
    for (;;) {
        char request[4096];
        static const char answer[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        int connection = accept(listener, 0, 0);
        if (connection < 0) return 7;
        if (read(connection, request, sizeof request) > 0 && write(connection, answer, sizeof answer - 1) < 0) perror("write");
        close(connection);
    }
}

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
    if (argc > 2 && (!strcmp(what, "stay") || !strcmp(what, "serve"))) { /* says something; leaves on SIGTERM */
        signal(SIGTERM, leave);
        puts(argv[argc - 1]);
        fflush(stdout);
        if (!strcmp(what, "serve")) return serve(atoi(argv[2]));
        for (;;) pause();
    }
    fprintf(stderr, "tiny: unknown command `%s`\n", what);
    return 64;
}
