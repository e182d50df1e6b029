package main

import (
	"fmt"
	"os"
	"strings"
)

const page = "docs/reliability.md"

// A report prints a line for each row as it comes, and writes the rows into the page at the end.
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

// write replaces the rows of the tables that this run filled. A table stands between two marks in the page.
func (r *report) write() error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	tables := map[string]string{}
	for _, row := range r.rows {
		tables[row.table] += fmt.Sprintf("| %s | %s | %s | %s |\n", row.fault, row.tried, row.lost, row.shown)
	}
	for name, rows := range tables {
		begin, end := "<!-- begin: "+name+" -->\n", "<!-- end: "+name+" -->"
		before, rest, found := strings.Cut(string(text), begin)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			return fmt.Errorf("%s has no table %s", page, name)
		}
		text = []byte(before + begin + "| fault | how often | lost | shown |\n|---|---|---|---|\n" + rows + end + after)
	}
	return os.WriteFile(page, text, 0o644)
}
