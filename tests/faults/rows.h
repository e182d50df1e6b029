/*
 * rows: what a run tried and lost, a line each for the table of docs/reliability.md ($FAULT_ROWS, a folder).
 */
#ifndef PODGATE_TESTS_FAULT_ROWS_H
#define PODGATE_TESTS_FAULT_ROWS_H

#include <stddef.h>

/* Prints the row, and adds it to $FAULT_ROWS/SECTION.tsv where that is set. `lost` is what must be zero. */
void fault_row(const char *section, const char *fault, size_t tried, const char *unit,
               const char *came_of_it, size_t lost);

#endif
