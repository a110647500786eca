package build

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// pack writes a directory as a compressed archive, under its own name, and returns the archive's SHA-256.
func pack(dir, archive string) ([]byte, error) {
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	files := tar.NewWriter(compressed)
	err := eachFile(dir, func(path string, mode fs.FileMode, content []byte) error {
		header := &tar.Header{
			Name: filepath.Base(dir) + "/" + path, Mode: int64(mode), Size: int64(len(content)), ModTime: commitTime(),
		}
		if err := files.WriteHeader(header); err != nil {
			return err
		}
		_, err := files.Write(content)
		return err
	})
	return seal(archive, &out, err, files, compressed)
}

// packZip writes a directory as an archive, under another name, and returns the archive's SHA-256.
func packZip(dir, name, archive string) ([]byte, error) {
	var out bytes.Buffer
	files := zip.NewWriter(&out)
	err := eachFile(dir, func(path string, mode fs.FileMode, content []byte) error {
		header := &zip.FileHeader{Name: name + "/" + path, Method: zip.Deflate, Modified: commitTime().UTC()}
		header.SetMode(mode)
		w, err := files.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	return seal(archive, &out, err, files)
}

// eachFile shows all files below a directory to add, by their paths in it. What add is shown is all that an archive
// holds, besides the commit's time: so the same files at the same commit give the same archive.
func eachFile(dir string, add func(path string, mode fs.FileMode, content []byte) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return add(filepath.ToSlash(inside), info.Mode().Perm(), content)
	})
}

// seal closes the writers of an archive, writes the archive and returns its SHA-256, or the first thing that failed.
func seal(archive string, content *bytes.Buffer, failed error, writers ...io.Closer) ([]byte, error) {
	for _, w := range writers {
		failed = cmp.Or(failed, w.Close())
	}
	if failed != nil {
		return nil, failed
	}
	sum := sha256.Sum256(content.Bytes())
	return sum[:], os.WriteFile(archive, content.Bytes(), 0o644)
}

// noteSum adds an archive's checksum to those of a directory.
func noteSum(dir, archive string, sum []byte) error {
	sums, err := os.OpenFile(filepath.Join(dir, "SHA256SUMS"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", sum, filepath.Base(archive))
	fmt.Print(line)
	_, err = sums.WriteString(line)
	return cmp.Or(err, sums.Close())
}

// stageCopies copies files to their places below a directory.
func stageCopies(stage string, files map[string]string) error {
	for from, to := range files {
		content, err := os.ReadFile(from)
		if err := cmp.Or(err, stageFile(stage, to, content, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

func stageFile(stage, to string, content []byte, mode os.FileMode) error {
	to = filepath.Join(stage, filepath.FromSlash(to))
	return cmp.Or(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, content, mode))
}
