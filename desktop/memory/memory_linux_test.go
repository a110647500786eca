package memory

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const size = 4 << 20

// mapped is a file in memory, all of which was read.
func mapped(t *testing.T, content []byte, rights int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	memory, err := unix.Mmap(int(f.Fd()), 0, len(content), rights, unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(memory)) })
	require.Equal(t, content, memory)
	return memory
}

// held is how much the program holds in memory of what is mapped, in kB.
func held(t *testing.T, memory []byte) int {
	t.Helper()
	account, err := os.ReadFile("/proc/self/smaps")
	require.NoError(t, err)
	from := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	for block := range strings.SplitSeq(string(account), "VmFlags:") {
		_, block, _ = strings.Cut(block, "\n")
		if p, err := heading(block); err == nil && p.from <= from && from < p.to {
			_, rest, _ := strings.Cut(block, "\nRss:")
			return number(t, rest)
		}
	}
	require.Fail(t, "no such memory")
	return 0
}

func number(t *testing.T, text string) (n int) {
	t.Helper()
	for _, digit := range strings.Fields(text)[0] {
		n = 10*n + int(digit-'0')
	}
	return n
}

func TestWhatIsReadFromAFileIsGivenBack(t *testing.T) {
	content := bytes.Repeat([]byte("Ostiary\n"), size/8)
	memory := mapped(t, content, unix.PROT_READ)
	require.Greater(t, held(t, memory), size>>11)
	require.NoError(t, giveBack())
	require.Less(t, held(t, memory), size>>12)
	require.Equal(t, content, memory, "it is there when it is needed")
}

func TestWhatWasWrittenStays(t *testing.T) {
	content := bytes.Repeat([]byte("Ostiary\n"), size/8)
	memory := mapped(t, content, unix.PROT_READ|unix.PROT_WRITE)
	memory[size/2] = '!'
	require.NoError(t, giveBack(), "while it can be written")
	require.Equal(t, byte('!'), memory[size/2])
	require.NoError(t, unix.Mprotect(memory, unix.PROT_READ))
	require.NoError(t, giveBack(), "and when it no longer can, as the addresses in a library")
	require.Equal(t, byte('!'), memory[size/2])
}

func TestWhatIsUnchanged(t *testing.T) {
	account := func(heading, resident, copied string) string {
		return heading + "\nSize: 9000 kB\nRss: " + resident + " kB\nAnonymous: " + copied + " kB\nVmFlags: rd mr \n"
	}
	for name, tt := range map[string]struct {
		account string
		parts   int
	}{
		"code":              {account("7f00-7f90 r-xp 00000000 fe:00 325977 /usr/lib/libLLVM-15.so.1", "9000", "0"), 1},
		"in a strange path": {account("7f00-7f90 r--p 00000000 fe:00 325977 /tmp/a b:\tc (deleted)", "9000", "0"), 1},
		"little of it":      {account("7f00-7f90 r-xp 00000000 fe:00 325977 /usr/lib/libc.so.6", "100", "0"), 0},
		"was written":       {account("7f00-7f90 r--p 00000000 fe:00 325977 /usr/lib/libc.so.6", "9000", "4"), 0},
		"may be written":    {account("7f00-7f90 rw-p 00000000 fe:00 325977 /usr/lib/libc.so.6", "9000", "0"), 0},
		"is shared":         {account("7f00-7f90 r--s 00000000 00:01 885927 /SYSV00000000 (deleted)", "9000", "0"), 0},
		"of no file":        {account("7f00-7f90 r--p 00000000 00:00 0 ", "9000", "0"), 0},
		"the heap":          {account("7f00-7f90 rw-p 00000000 00:00 0 [heap]", "9000", "0"), 0},
		"two": {account("7f00-7f90 r-xp 00000000 fe:00 7 /usr/lib/a.so", "9000", "0") +
			account("8f00-8f90 r--p 00000000 fe:00 7 /usr/lib/a.so", "9000", "0"), 2},
	} {
		parts, err := unchanged(strings.NewReader(tt.account))
		require.NoError(t, err, name)
		require.Len(t, parts, tt.parts, name)
	}
	_, err := unchanged(strings.NewReader("nonsense\n"))
	require.ErrorContains(t, err, `"nonsense"`)
}
