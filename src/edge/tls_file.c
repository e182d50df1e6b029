#include "edge/tls_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (1 << 20)

bool tls_file_error(struct error *err, const char *what, const char *path) {
    error_context(err, "%s", what);
    return error_in(err, path);
}

bool tls_file_read(struct arena *arena, const char *what, const char *path, struct str *out,
                   struct error *err) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd >= 0 ? ARENA_NEW(arena, char, FILE_BYTES + 1) : NULL;
    ssize_t n = 0;
    size_t len = 0;
    if (fd >= 0 && !text) errno = ENOMEM;
    bool fine = text && fstat(fd, &info) == 0;
    if (fine && S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        fine = false;
    }
    while (fine && len <= FILE_BYTES && (n = read(fd, text + len, FILE_BYTES + 1 - len)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            fine = false;
        else
            len += (size_t)n;
    }
    int why = errno;
    if (fd >= 0) close(fd);
    if (!fine) error_set(err, ERR_TLS, "cannot be read: %s", strerror(why));
    if (fine && len > FILE_BYTES) fine = error_set(err, ERR_TLS, "is larger than 1 MiB");
    *out = (struct str){text, len};
    return fine || tls_file_error(err, what, path);
}

gnutls_datum_t tls_datum(struct str text) {
    union {
        const char *read_only;
        unsigned char *bytes; /* the library's type forgets that it only reads */
    } at = {text.at};
    return (gnutls_datum_t){at.bytes, (unsigned)text.len};
}

bool tls_has_name(gnutls_x509_crt_t leaf) {
    char name[256];
    size_t size = sizeof name;
    int code = gnutls_x509_crt_get_subject_alt_name(leaf, 0, name, &size, NULL);
    return code != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}
