package build

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every package has a row in CONTRIBUTING.md, alone or with the one that it is a part of, and every row has a package.
func TestEveryRoomHasARow(t *testing.T) {
	root := os.DirFS("../..")
	content, err := fs.ReadFile(root, "CONTRIBUTING.md")
	require.NoError(t, err)
	rows := map[string]bool{} // the names that stand there
	for line := range strings.Lines(string(content)) {
		cell, isRow := strings.CutPrefix(line, "| `")
		if !isRow {
			continue
		}
		cell, _, _ = strings.Cut(cell, " |")
		for name := range strings.SplitSeq(cell, ", ") {
			rows[strings.Trim(name, "` ")] = true
		}
	}
	named := func(dir string) bool {
		return rows[dir] || rows["…/"+path.Base(dir)] || rows["…/"+path.Base(path.Dir(dir))+"/"+path.Base(dir)]
	}
	for _, top := range []string{"pkg", "desktop"} {
		require.NoError(t, fs.WalkDir(root, top, func(dir string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() || dir == top {
				return err
			}
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if files, err := fs.Glob(root, dir+"/*.go"); err != nil || len(files) == 0 {
				return err
			}
			require.True(t, named(dir) || named(path.Dir(dir)), "%s has no row in CONTRIBUTING.md", dir)
			return nil
		}))
	}
	for name := range rows {
		if !strings.HasPrefix(name, "…") {
			_, err := fs.Stat(root, strings.TrimSuffix(name, "/"))
			require.NoError(t, err, "a row names %s", name)
		}
	}
}
