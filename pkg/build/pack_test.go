package build

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// packed is a file of an archive.
type packed struct {
	mode    fs.FileMode
	content []byte
}

// unpack reads an archive whose one directory has a name, and unpacks it below dir.
func unpack(t *testing.T, archive, name, dir string) map[string]packed {
	t.Helper()
	r, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer r.Close()
	files := map[string]packed{}
	for _, f := range r.File {
		inside, ok := strings.CutPrefix(f.Name, name+"/")
		require.True(t, ok, "%s is not below %s", f.Name, name)
		require.True(t, filepath.IsLocal(inside), inside)
		content, err := f.Open()
		require.NoError(t, err)
		file := packed{mode: f.Mode()}
		file.content, err = io.ReadAll(content)
		require.NoError(t, err)
		require.NoError(t, content.Close())
		files[inside] = file
		target := filepath.Join(dir, name, inside)
		require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o755))
		require.NoError(t, os.WriteFile(target, file.content, f.Mode().Perm()))
	}
	return files
}

// The same files give the same archive, byte for byte, whenever they are packed.
func TestArchivesAreTheSameAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ostiary_v1")
	require.NoError(t, stageFile(dir, "bin/ostiary", []byte("program"), 0o755))
	require.NoError(t, stageFile(dir, "LICENSE", []byte("text"), 0o644))
	var tars, zips [][]byte
	for i := range 2 {
		out := filepath.Join(t.TempDir(), strconv.Itoa(i))
		sum, err := pack(dir, out+".tar.gz")
		require.NoError(t, err)
		content, err := os.ReadFile(out + ".tar.gz")
		require.NoError(t, err)
		want := sha256.Sum256(content)
		require.Equal(t, want[:], sum)
		tars = append(tars, content)
		_, err = packZip(dir, "ostiary_v1", out+".zip")
		require.NoError(t, err)
		content, err = os.ReadFile(out + ".zip")
		require.NoError(t, err)
		zips = append(zips, content)
		require.NoError(t, os.Chtimes(filepath.Join(dir, "LICENSE"), time.Now(), time.Now().Add(time.Hour)))
	}
	require.Equal(t, tars[0], tars[1])
	require.Equal(t, zips[0], zips[1])

	files := map[string]int64{}
	compressed, err := gzip.NewReader(bytes.NewReader(tars[0]))
	require.NoError(t, err)
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		files[header.Name] = header.Mode
	}
	require.Equal(t, map[string]int64{"ostiary_v1/bin/ostiary": 0o755, "ostiary_v1/LICENSE": 0o644}, files)
}
