#include "cli/version.h"

#include "cli/console.h"
#include "edge/server.h"
#include "edge/tls.h"
#include "text/tree.h"
#include "text/yaml.h"

/* The Makefile knows both. */
#ifndef PODGATE_VERSION
#define PODGATE_VERSION "unknown"
#endif
#ifndef PODGATE_COMMIT
#define PODGATE_COMMIT "unknown"
#endif

const char version_number[] = PODGATE_VERSION;
const char version_commit[] = PODGATE_COMMIT;

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct str_list operands;
    char no_options;
    int status;
    if (console_read_options(verb, arena, argc, argv, &no_options, &operands, &status)) {
        printf("podgate %s, commit %s\n"
               "cJSON %s, libyaml %s, libmicrohttpd %s, GnuTLS %s\n",
               version_number, version_commit, tree_library_version(), yaml_library_version(),
               server_library_version(), tls_library_version());
        status = console_finish(STATUS_FINE);
    }
    return status;
}

const struct verb verb_version = {
    .name = "version",
    .summary = "this podgate's version and those of its libraries",
    .operands = "",
    .help = "",
    .run = run,
};
