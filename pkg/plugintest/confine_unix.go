//go:build unix

package plugintest

import (
	"os/exec"
	"syscall"
)

// confine gives a command another root directory, which takes the rights of
// root.
func confine(cmd *exec.Cmd, root string) {
	if root != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	}
}
