// Package driver runs a program of podgate's rooms that answers on its standard output what is asked on its standard input.
package driver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// A Driver is such a program, running.
type Driver struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// Start runs the program; what it writes to its standard error is shown.
func Start(path string) (*Driver, error) {
	command := exec.Command(path)
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
	return &Driver{command, in, bufio.NewReaderSize(out, 1<<20)}, nil
}

// Close ends its input and waits for its end.
func (d *Driver) Close() error { return errors.Join(d.in.Close(), d.command.Wait()) }

// Ask writes all questions while it reads all answers, by Line. The writer needs a goroutine of its own: both pipes are bounded.
func (d *Driver) Ask(write func(*bufio.Writer), read func() error) error {
	written := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(d.in, 1<<20)
		write(out)
		written <- out.Flush()
	}()
	if err := read(); err != nil {
		return err
	}
	return <-written
}

// Line is the next line of its answers, without newline.
func (d *Driver) Line() (string, error) {
	line, err := d.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the driver stopped answering: %w", err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}
