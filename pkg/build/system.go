package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// What a step needs of the system: commands, and headers by their path.
var (
	cCompiler = []string{"gcc", "/usr/include/stdlib.h"}
	graphics  = append(slices.Clone(cCompiler),
		"pkg-config", "/usr/include/GL/gl.h", "/usr/include/X11/Xcursor/Xcursor.h",
		"/usr/include/X11/extensions/Xrandr.h",
		"/usr/include/X11/extensions/Xinerama.h", "/usr/include/X11/extensions/XInput2.h",
		"/usr/include/X11/extensions/xf86vmode.h")
	testServers = []string{"curl", "nginx", "caddy", "prometheus", "prometheus-alertmanager", "vmagent",
		"/usr/sbin/rsyslogd", "/usr/share/doc/rsyslog-gnutls"}
	databases = []string{"pg_createcluster", "pgbouncer"}
	judges    = []string{"systemd-analyze"}
	// A desktop session of the tests' own.
	session = []string{"dbus-run-session", "gnome-keyring-daemon"}
)

// debianPackages says which Debian package brings what a step needs. Other systems name theirs much the same.
var debianPackages = map[string]string{
	"gcc":                   "gcc",
	"/usr/include/stdlib.h": "libc6-dev",
	"npm":                   "npm",

	"curl":                          "curl",
	"nginx":                         "nginx",
	"caddy":                         "caddy",
	"prometheus":                    "prometheus",
	"prometheus-alertmanager":       "prometheus-alertmanager",
	"vmagent":                       "victoria-metrics",
	"/usr/sbin/rsyslogd":            "rsyslog",
	"/usr/share/doc/rsyslog-gnutls": "rsyslog-gnutls",
	"vmauth":                        "victoria-metrics",
	"wrk":                           "wrk",
	"chromium":                      "chromium",
	"pngquant":                      "pngquant",

	"systemd-analyze":  "systemd",
	"pg_createcluster": "postgresql",
	"pgbouncer":        "pgbouncer",

	"Xvfb":    "xvfb",
	"sqlite3": "sqlite3",
	"xdotool": "xdotool",
	"xclip":   "xclip",
	"openbox": "openbox",

	"dbus-run-session":     "dbus-daemon",
	"gnome-keyring-daemon": "gnome-keyring",

	"pkg-config":                              "pkg-config",
	"/usr/include/GL/gl.h":                    "libgl1-mesa-dev",
	"/usr/include/X11/Xcursor/Xcursor.h":      "libxcursor-dev",
	"/usr/include/X11/extensions/Xrandr.h":    "libxrandr-dev",
	"/usr/include/X11/extensions/Xinerama.h":  "libxinerama-dev",
	"/usr/include/X11/extensions/XInput2.h":   "libxi-dev",
	"/usr/include/X11/extensions/xf86vmode.h": "libxxf86vm-dev",

	"aarch64-linux-gnu-gcc":                   "gcc-aarch64-linux-gnu",
	"/usr/aarch64-linux-gnu/include/stdlib.h": "libc6-dev-arm64-cross",
	"x86_64-linux-gnu-gcc":                    "gcc-x86-64-linux-gnu",
	"/usr/x86_64-linux-gnu/include/stdlib.h":  "libc6-dev-amd64-cross",
}

// install adds the system packages that the steps lack, with apt as root; otherwise it says what to type.
func install(ctx context.Context, steps []Step) error {
	packages := missing(steps)
	if packages == nil {
		return nil
	}
	line := []string{"apt-get", "install", "--yes", "--no-install-recommends"}
	line = append(line, packages...)
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install these packages, by the names that this system has for them, and try again: %s",
			strings.Join(packages, " "))
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("some packages are missing; type this and try again:\n  sudo apt-get update && sudo %s",
			strings.Join(line, " "))
	}
	say("Installing %s", strings.Join(packages, " "))
	release, err := holdServices()
	if err != nil {
		return err
	}
	defer release()
	env := []string{"DEBIAN_FRONTEND=noninteractive"}
	wait := "DPkg::Lock::Timeout=300"
	if err := sh(ctx, env, "apt-get", "update", "-qq", "-o", wait); err != nil {
		return err
	}
	return sh(ctx, env, line[0], append(line[1:], "-qq", "-o", wait, "-o", "Dpkg::Use-Pty=0")...)
}

// missing names the packages of what the steps need and the system has not.
func missing(steps []Step) (packages []string) {
	for _, s := range steps {
		for _, need := range s.needs {
			if !onSystem(need) && !slices.Contains(packages, debianPackages[need]) {
				packages = append(packages, debianPackages[need])
			}
		}
	}
	return packages
}

// holdServices keeps apt from starting the servers that it installs, until release is called: the tests start their
// own. A machine that already has a policy keeps it.
func holdServices() (release func(), err error) {
	const policy = "/usr/sbin/policy-rc.d"
	if exists(policy) {
		return func() {}, nil
	}
	forbidden := "#!/bin/sh\nexit 101\n"
	return func() { _ = os.Remove(policy) }, os.WriteFile(policy, []byte(forbidden), 0o755)
}

// onSystem reports whether a command is on the path or a header is in its place. Only Linux keeps headers there.
func onSystem(need string) bool {
	if filepath.IsAbs(need) {
		return runtime.GOOS != "linux" || exists(need)
	}
	_, err := exec.LookPath(need)
	return err == nil
}

func crossCompilers() []string {
	needs := slices.Clone(cCompiler)
	for _, p := range platforms() {
		if !p.isHere() {
			needs = append(needs, p.toolchain()+"-gcc", "/usr/"+p.toolchain()+"/include/stdlib.h")
		}
	}
	return needs
}
