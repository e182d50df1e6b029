/*
 * image: container image references by the grammar of distribution/reference.
 *
 *   reference := name [":" tag] ["@" digest];  name := [domain "/"] path
 *
 * Normalised, so that one registry has one name: no domain is docker.io, as are the other names of Docker Hub, one
 * segment there is library/x, the port 443 is left out, and neither the case of a domain counts nor zeros before a port. Slices point into the
 * text that was parsed or into literals.
 */
#ifndef PODGATE_KUBE_IMAGE_H
#define PODGATE_KUBE_IMAGE_H

#include "base/str.h"

struct image {
    struct str written; /* the whole reference as given, blanks trimmed */
    struct str name;    /* as written, without tag and digest ("registry:5000/app", "nginx") */
    struct str
        domain; /* normalised but for case and zeros: "docker.io", "registry.example.com:5000" */
    struct str path;   /* normalised without a leading library/: see is_library */
    bool is_library;   /* docker.io and one segment: the full path is "library/" + path */
    struct str tag;    /* empty when there is none */
    struct str digest; /* "sha256:..." or empty */
};

/* ERR_SYNTAX with the reason in words ("has an upper-case letter in its path", ...). */
MUST_CHECK bool image_parse(struct str text, struct image *out, struct error *err);
/* "docker.io/library/nginx" in the arena: the normalised domain/path, the domain in lower case, its port without zeros. */
struct str image_full_name(struct arena *arena, const struct image *image);

/*
 * A pattern of policy files. `**` alone is everything. Otherwise normalised as images are (`nginx` is
 * docker.io/library/nginx), a first segment that has a wildcard counting as the domain; domain and path are
 * compared segment by segment (`*` stays inside one, `**` crosses); tag and digest only if the pattern has them.
 */
struct image_pattern {
    struct str written;
    bool everything;
    struct str full_name;   /* normalised domain and path, a glob by segments */
    struct str tag, digest; /* globs, empty: any */
    bool wildcard_domain;   /* lint advice */
};
MUST_CHECK bool image_pattern_parse(struct arena *arena, struct str text, struct image_pattern *out,
                                    struct error *err);
bool image_pattern_match(const struct image_pattern *pattern, const struct image *image);
/* The same for who knows the image_full_name. */
bool image_pattern_match_named(const struct image_pattern *pattern, const struct image *image,
                               struct str full_name);

#endif
