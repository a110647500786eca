package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sh runs a command with what it prints shown, and asks it to stop when ctx ends.
func sh(ctx context.Context, env []string, command string, args ...string) error {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 4 * time.Second // mage gives a target five
	fmt.Println("$", shown(append([]string{command}, args...)))
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

// shown is a command as one would type it.
func shown(words []string) string {
	quoted := slices.Clone(words)
	for i, word := range quoted {
		if strings.ContainsAny(word, " $") {
			quoted[i] = "'" + word + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// mage is the process that waits for this one; it is another when that has been killed.

var mage = os.Getppid()

// become gives this process's place to a program, so that signals and the exit code are the program's own. Where
// setpriv can arrange it, the program also ends when mage is killed.
func become(command ...string) error {
	if os.Getppid() != mage {
		return fmt.Errorf("mage was stopped, so %s is not started", command[0])
	}
	bound := []string{"setpriv", "--pdeathsig", "TERM"}
	if exec.Command(bound[0], append(bound[1:], "true")...).Run() == nil {
		command = append(bound, command...)
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, command, os.Environ())
}

func say(format string, args ...any) { fmt.Printf("==> "+format+"\n", args...) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func upToDate(err error) error {
	if err == nil {
		fmt.Println("up to date")
	}
	return err
}
