package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A report prints a line for each row as it comes. At the end the rows may go to files, one a table, which
// tests/faults/write_tables.sh puts into docs/reliability.md.
type report struct {
	passed, failed int
	rows           []row
}

type row struct{ table, fault, tried, lost, shown string }

func (r *report) note(format string, arguments ...any) {
	fmt.Printf("      "+format+"\n", arguments...)
}

func (r *report) row(table, fault, tried, lost, shown string, err error) {
	if err != nil {
		r.failed++
		fmt.Printf("FAIL  %s (%s): %v\n", fault, tried, err)
		return
	}
	r.passed++
	fmt.Printf("ok    %s: %s; lost: %s; %s\n", fault, tried, lost, shown)
	r.rows = append(r.rows, row{table, fault, tried, lost, shown})
}

// write makes FOLDER/TABLE.tsv of each table that this run filled.
func (r *report) write(folder string) error {
	tables := map[string]string{}
	for _, row := range r.rows {
		tables[row.table] += strings.Join([]string{row.fault, row.tried, row.lost, row.shown}, "\t") + "\n"
	}
	var all error
	for name, rows := range tables {
		all = errors.Join(all, os.WriteFile(filepath.Join(folder, name+".tsv"), []byte(rows), 0o644))
	}
	return all
}
