/*
 * What images and the patterns for them share: which part of a name is the domain, and the full name.
 */
#ifndef PODGATE_KUBE_IMAGE_NAME_H
#define PODGATE_KUBE_IMAGE_NAME_H

#include "kube/image.h"

/* A host name has at most 253 characters, an address fewer: longer ones cannot be pulled from. */
#define IMAGE_DOMAIN_BYTES_MAX 261
/* Room for every full name that image_parse lets through. */
#define IMAGE_FULL_NAME_BYTES_MAX 640

/* Whether what stands before the first slash is a registry rather than a part of the path. */
bool image_is_domain_part(struct str first);
/* Whether a domain is an IPv6 address in brackets, with or without a port. */
bool image_is_address(struct str domain);
/* Without the port that https has anyway; none and the other names of Docker Hub, in any case, are docker.io. */
struct str image_normal_domain(struct str domain);
/* In lower case and without zeros before the port, as full names have it; the length that is left. */
size_t image_unify_domain(char *domain, size_t length);
bool image_is_default_domain(struct str domain);
/* Not terminated; the length, or 0 when it does not fit. */
size_t image_write_full_name(const struct image *image, char *buffer, size_t size);

#endif
