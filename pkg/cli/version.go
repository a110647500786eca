package cli

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

// program says which program this is.
type program struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisProgram() program {
	return program{Version: Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

func versionLine() string {
	p := thisProgram()
	return fmt.Sprintf("ostiary %s (%s, %s)", p.Version, p.Go, p.Platform)
}

func newVersionCommand(a *app) *cobra.Command {
	return offline(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Prints the version of this program, of Go, and the platform it was built for. -o json and -o yaml work here too.",
		Example: `  ostiary version
  ostiary version -o json`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			return a.show(thisProgram(), func(w io.Writer) { _, _ = fmt.Fprintln(w, versionLine()) })
		},
	})
}
