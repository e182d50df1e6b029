#include "faults/rows.h"

#include <stdio.h>
#include <stdlib.h>

void fault_row(const char *section, const char *fault, size_t tried, const char *unit,
               const char *came_of_it, size_t lost) {
    char path[512];
    const char *folder = getenv("FAULT_ROWS");
    printf("%s: %zu %s: %s; lost: %zu\n", fault, tried, unit, came_of_it, lost);
    if (!folder) return;
    snprintf(path, sizeof path, "%s/%s.tsv", folder, section);
    FILE *file = fopen(path, "a");
    if (!file) return;
    fprintf(file, "%s\t%zu %s\t%zu\t%s\n", fault, tried, unit, lost, came_of_it);
    fclose(file);
}
