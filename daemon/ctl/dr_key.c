// SPDX-License-Identifier: GPL-3.0-or-later
// Private keys in files.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/dr.h"

static int sorry(const char *path, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", path, why);
    return CTL_FAILED;
}

// Whoever can read it can sign in its owner's name.
static int judge_mode(const char *path, int fd)
{
    struct stat st;
    char why[96];
    if (fstat(fd, &st) < 0)
        return sorry(path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return sorry(path, "expected a file");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return CTL_OK;
    snprintf(why, sizeof(why), "others may read or write the private key (mode %04o): chmod 600",
             (unsigned)(st.st_mode & 07777));
    return sorry(path, why);
}

static int read_seed(const char *path, int fd, uint8_t ret_seed[static ENVELOPE_SEED_SIZE])
{
    char text[ENVELOPE_KEY_TEXT + 8] = "";
    ssize_t n = read(fd, text, sizeof(text) - 1);
    if (n < 0)
        return sorry(path, strerror(errno));
    text[strcspn(text, "\r\n")] = '\0';
    int r = envelope_key_read(text, ret_seed);
    explicit_bzero(text, sizeof(text));
    return r < 0 ? sorry(path, "expected a private key of 43 characters, as aemsctl dr keygen writes it") : CTL_OK;
}

int dr_key_read(const char *path, uint8_t ret_seed[static ENVELOPE_SEED_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sorry(path, strerror(errno));
    int r = judge_mode(path, fd);
    if (r == CTL_OK)
        r = read_seed(path, fd, ret_seed);
    close(fd);
    return r;
}

int dr_key_write(const char *path, const uint8_t seed[static ENVELOPE_SEED_SIZE])
{
    char text[ENVELOPE_KEY_TEXT + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST)
        return sorry(path, "it exists already, and a key that is overwritten is lost: name another file, or move this "
                           "one away");
    if (fd < 0)
        return sorry(path, strerror(errno));
    envelope_key_write(seed, text);
    size_t length = strlen(text);
    text[length++] = '\n';
    bool done = write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
    int saved = errno;
    explicit_bzero(text, sizeof(text));
    if (close(fd) == 0 && done)
        return CTL_OK;
    unlink(path); // half a key is none
    return sorry(path, strerror(saved));
}

int dr_keygen(const struct ctl_options *o)
{
    uint8_t seed[ENVELOPE_SEED_SIZE], public_key[ENVELOPE_PUBLIC_SIZE];
    char text[ENVELOPE_KEY_TEXT];
    envelope_key_make(seed);
    envelope_key_public(seed, public_key);
    envelope_key_write(public_key, text);
    int r = dr_key_write(o->words[0], seed);
    explicit_bzero(seed, sizeof(seed));
    if (r != CTL_OK)
        return r;
    if (!o->json) {
        printf("%s\n", text);
        return CTL_OK;
    }
    json_t *json = json_pack("{s:s, s:s}", "private_key_file", o->words[0], "public_key", text);
    ctl_print_json(json);
    json_decref(json);
    return CTL_OK;
}
