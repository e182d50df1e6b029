package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// A Reading is what a reader made of a text: its documents up to the first error, and that.
type Reading struct {
	Documents []any
	Err       string // empty: none
}

// Podgate is a running driver.
type Podgate struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startPodgate(driver string) (*Podgate, error) {
	command := exec.Command(driver)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &Podgate{command, in, bufio.NewReaderSize(out, 1<<20)}, nil
}

func (p *Podgate) Close() error { return errors.Join(p.in.Close(), p.command.Wait()) }

// Read reads texts. The writer needs a goroutine of its own: both pipes are bounded.
func (p *Podgate) Read(kind string, texts [][]byte) ([]Reading, error) {
	written := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(p.in, 1<<20)
		for _, text := range texts {
			fmt.Fprintf(out, "%s %d\n%s", kind, len(text), text)
		}
		written <- out.Flush()
	}()
	readings := make([]Reading, len(texts))
	for i := range readings {
		for {
			line, err := p.out.ReadString('\n')
			if err != nil {
				return nil, fmt.Errorf("the driver stopped answering: %w", err)
			}
			line = strings.TrimSuffix(line, "\n")
			if line == "" {
				break
			}
			if readings[i].Err != "" {
				continue
			}
			if message, is := strings.CutPrefix(line, "error: "); is {
				readings[i].Err = message
				continue
			}
			document, err := decode([]byte(line))
			if err != nil {
				return nil, fmt.Errorf("the driver wrote no JSON: %w: %s", err, line)
			}
			readings[i].Documents = append(readings[i].Documents, document)
		}
	}
	return readings, <-written
}
