/* A builder for tests: static, so that it runs in a sandbox that holds nothing else. What it does, by its first argument. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    fprintf(stderr, "this is \033[1m%s\033[0m\n", what);
    if (!strcmp(what, "fail")) {
        for (int i = 1; i <= 30; i++)
            fprintf(stderr, "bad %d\n", i);
        return 3;
    }
    if (!strcmp(what, "full")) { /* the one device that is always full */
        int out = open("/dev/full", O_WRONLY);
        if (out < 0 || write(out, "x", 1) < 0)
            perror("writing");
        return 1;
    }
    if (!strcmp(what, "sleep"))
        sleep(900); /* as SLEEP in stopping.rs */
    if (!strcmp(what, "spin")) { /* some seconds of work without a word */
        for (time_t end = time(NULL) + 5; time(NULL) < end;)
            ;
        return 1;
    }
    if (!strcmp(what, "copy")) { /* a file and the text to the output */
        FILE *in = fopen(words[2], "r"), *out = fopen(getenv("out"), "w");
        if (!in || !out)
            return 4;
        for (int c; (c = fgetc(in)) != EOF;)
            fputc(c, out);
        fputs(getenv("text"), out);
        return fclose(out);
    }
    for (int i = 2; i < count; i++) { /* "write": the text to each output */
        FILE *out = fopen(getenv(words[i]), "w");
        if (!out)
            return 4;
        fputs(getenv("text"), out);
        if (fclose(out))
            return 5;
    }
    return 0;
}
