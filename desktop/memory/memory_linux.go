package memory

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// worthwhile is how much of a file must be in memory, in kB, to be given back.
const worthwhile = 512

// giveBack gives back the parts of files that are in memory to be read or run: the program's code and that of its
// libraries. What is needed of them again comes back from the file, mostly without a disk, because the system keeps
// what it has room for.
func giveBack() error {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	parts, err := unchanged(f)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.giveBack(); err != nil {
			return err
		}
	}
	return nil
}

// part is a part of the program's memory.
type part struct {
	from, to         uintptr
	readOnly         bool // of a file, and nobody may write to it
	resident, copied int  // in kB; what is copied is no longer as it is in the file
}

// unchanged are the parts of files, in the system's account of the program's memory, that are as they are in the file,
// and whose loss loses nothing.
func unchanged(account io.Reader) (parts []part, err error) {
	var now part
	end := func() {
		if now.readOnly && now.copied == 0 && now.resident >= worthwhile {
			parts = append(parts, now)
		}
	}
	lines := bufio.NewScanner(account)
	for lines.Scan() {
		line := lines.Text()
		switch name, rest, _ := strings.Cut(line, " "); {
		case !strings.HasSuffix(name, ":"):
			end()
			now, err = heading(line)
		case name == "Rss:":
			_, err = fmt.Sscan(rest, &now.resident)
		case name == "Anonymous:":
			_, err = fmt.Sscan(rest, &now.copied)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	end()
	return parts, lines.Err()
}

// heading reads the line that begins the account of a part: addresses, rights, and the file with its number.
func heading(line string) (p part, err error) {
	var rights, offset, device string
	var file uint64
	_, err = fmt.Sscanf(line, "%x-%x %s %s %s %d", &p.from, &p.to, &rights, &offset, &device, &file)
	p.readOnly = file != 0 && len(rights) == 4 && rights[1] == '-' && rights[3] == 'p'
	return p, err
}

func (p part) giveBack() error {
	_, _, code := unix.Syscall(unix.SYS_MADVISE, p.from, p.to-p.from, unix.MADV_DONTNEED)
	if code != 0 {
		return code
	}
	return nil
}
