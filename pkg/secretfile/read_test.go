package secretfile_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

func write(t testing.TB, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

// utf16Of writes a text as PowerShell's > does.
func utf16Of(text string, mark, bigEndian bool) string {
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := []byte{byte(unit), byte(unit >> 8)}
		if bigEndian {
			pair[0], pair[1] = pair[1], pair[0]
		}
		out = append(out, pair...)
	}
	return string(out)
}

func TestASecretInOneLine(t *testing.T) {
	const secret = "p4ss wörd#1"
	for name, c := range map[string]struct{ content, says string }{
		"alone":               {content: secret},
		"with a line end":     {content: secret + "\n"},
		"of Windows":          {content: secret + "\r\n"},
		"of an old Mac":       {content: secret + "\r"},
		"with empty lines":    {content: secret + "\r\n\n"},
		"with a mark":         {content: "\ufeff" + secret + "\r\n"},
		"empty":               {"", "is empty; it must hold the password"},
		"a line end alone":    {"\r\n", "is empty"},
		"a mark alone":        {"\ufeff\n", "is empty"},
		"blanks alone":        {" \t\n", "is empty"},
		"two marks":           {"\ufeff\ufeff" + secret, "begins with a blank"},
		"two lines":           {secret + "\nmore\n", "has several lines; it must hold the password alone"},
		"two lines of a Mac":  {secret + "\rmore", "has several lines"},
		"an empty line first": {"\n" + secret, "has several lines"},
		"a page":              {secret + "\fmore", "has several lines"},
		"a line of Unicode":   {secret + "\u2028more", "has several lines"},
		"a blank first":       {" " + secret + "\n", "begins with a blank"},
		"a blank last":        {secret + " \n", "ends with a blank"},
		"a tab last":          {secret + "\t", "ends with a blank"},
		"a hard blank last":   {secret + "\u00a0", "ends with a blank"},
		"nothing to be seen":  {secret + "\u200b\n", "ends with a blank"},
		"a direction":         {"\u202e" + secret, "begins with a blank"},
		"a tab within":        {"p4ss\tword", "holds a control character"},
		"an escape":           {"p4ss\x1b[0mword", "holds a control character"},
		"UTF-16":              {utf16Of(secret+"\r\n", true, false), "is in UTF-16; save it as UTF-8"},
		"UTF-16, big":         {utf16Of(secret+"\r\n", true, true), "is in UTF-16"},
		"UTF-16, no mark":     {utf16Of(secret+"\r\n", false, false), "is in UTF-16"},
		"UTF-16, big, bare":   {utf16Of(secret+"\r\n", false, true), "is in UTF-16"},
		"UTF-16, Greek":       {utf16Of("κωδικός\r\n", true, false), "is in UTF-16"},
		"UTF-16 and empty":    {"\xff\xfe", "is in UTF-16"},
		"UTF-32":              {"\xff\xfe\x00\x00a\x00\x00\x00", "is in UTF-16"},
		"a zero":              {"p4ssword\x00", "holds a byte that is zero, and is no text; save it as text in UTF-8"},
		"zeros":               {"p\x004ss\x00\x00w", "holds a byte that is zero"},
		"Latin-1":             {"w\xf6rd", "is not in UTF-8"},
		"long":                {strings.Repeat("x", 16<<10), ""},
		"too long":            {strings.Repeat("x", 16<<10+1), "is longer than 16 KiB"},
		"too large":           {strings.Repeat("x", 1<<20+1), "is larger than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, c.content)
			got, warning, err := secretfile.Line(file, "the password")
			require.Empty(t, warning)
			if c.says == "" {
				require.NoError(t, err)
				require.Equal(t, strings.Trim(c.content, "\ufeff\r\n"), got)
				return
			}
			require.ErrorContains(t, err, file+" "+c.says)
			require.NotContains(t, err.Error(), "p4ss", "the secret is not quoted")
			require.Empty(t, got)
		})
	}
}

// Any secret that can be typed comes back unchanged, or with an error; never as a different one.
func TestNoSecretIsChangedSilently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.String().Draw(t, "secret")
		around := rapid.SampledFrom([]string{"", "\n", "\r\n"}).Draw(t, "end")
		mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark")
		got, err := secretfile.ParseLine("f", "it", []byte(mark+secret+around))
		if err == nil && got != secret && got != strings.TrimRight(secret, "\r\n") && got != strings.TrimPrefix(secret, "\ufeff") {
			t.Fatalf("%q became %q", secret, got)
		}
	})
}

func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	_, _, err := secretfile.Line(dir, "the password")
	require.ErrorContains(t, err, dir+" is a directory; name a file")
	_, _, err = secretfile.Line(filepath.Join(dir, "none"), "the password")
	require.ErrorIs(t, err, fs.ErrNotExist)
	if runtime.GOOS == "windows" {
		t.Skip("pipes and devices have no names in directories here")
	}
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, _, err = secretfile.Line(pipe, "the password") // which nobody writes to
	require.ErrorContains(t, err, pipe+" is a pipe; name a file")
	_, _, err = secretfile.Line("/dev/zero", "the password")
	require.ErrorContains(t, err, "/dev/zero is a device; name a file")
	socket := filepath.Join(dir, "socket")
	ln, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ln.Close()) })
	_, _, err = secretfile.Line(socket, "the password")
	require.Error(t, err)
}

// A link is how Kubernetes hands over a secret.
func TestALinkToASecret(t *testing.T) {
	file := write(t, "p4ssword\n")
	link := file + ".link"
	require.NoError(t, os.Symlink(file, link))
	got, _, err := secretfile.Line(link, "the password")
	require.NoError(t, err)
	require.Equal(t, "p4ssword", got)
}

func TestWhoMayRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	file := write(t, "p4ssword\n")
	for mode, open := range map[fs.FileMode]bool{0o600: false, 0o400: false, 0o700: false, 0o640: true, 0o604: true, 0o644: true, 0o620: true, 0o666: true} {
		require.NoError(t, os.Chmod(file, mode))
		_, warning, err := secretfile.Line(file, "the password")
		require.NoError(t, err)
		c, err := secretfile.Read(file)
		require.NoError(t, err)
		if !open {
			require.Empty(t, warning, mode)
			require.NoError(t, c.Private(), mode)
			continue
		}
		require.Regexp(t, `can be read by others \(0\d{3}\); type: chmod 600 `, warning)
		require.ErrorContains(t, c.Private(), warning)
	}
}

func TestText(t *testing.T) {
	c, err := secretfile.Read(write(t, "\ufeffone\ntwo\n"))
	require.NoError(t, err)
	text, err := c.Text()
	require.NoError(t, err)
	require.Equal(t, "one\ntwo\n", string(text))
	require.Equal(t, "\ufeffone\ntwo\n", string(c.Bytes()))
	c, err = secretfile.Read(write(t, utf16Of("-----BEGIN PRIVATE KEY-----\r\n", true, false)))
	require.NoError(t, err)
	_, err = c.Text()
	require.ErrorContains(t, err, "is in UTF-16")
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte("secret\n"))
	f.Add([]byte("\xff\xfes\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := secretfile.ParseLine("f", "it", content)
		require.Equal(t, err == nil, got != "")
		require.False(t, strings.ContainsAny(got, "\r\n\x00"))
	})
}
