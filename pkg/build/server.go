package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildArchives stages the program, its papers and its completion scripts for each platform, and packs them.
func buildArchives(ctx context.Context) error {
	if err := os.RemoveAll("build"); err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range platforms() {
		name := fmt.Sprintf("ostiary_%s_%s_%s", version(), p.os, p.arch)
		stage := filepath.Join("build", name)
		if err := p.goBuild(ctx, filepath.Join(stage, "ostiary"), "./pkg/cmd/ostiary", ""); err != nil {
			return err
		}
		if err := addPapers(ctx, stage); err != nil {
			return err
		}
		sum, err := pack(stage, stage+".tar.gz")
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s.tar.gz\n", sum, name)
		if err := os.RemoveAll(stage); err != nil {
			return err
		}
	}
	fmt.Print(sums.String())
	return os.WriteFile("build/SHA256SUMS", []byte(sums.String()), 0o644)
}

// addPapers puts what comes with the program into a staged release.
func addPapers(ctx context.Context, stage string) error {
	for _, paper := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		content, err := os.ReadFile(paper)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(stage, paper), content, 0o644); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(stage, "completions"), 0o755); err != nil {
		return err
	}
	for shell, file := range map[string]string{"bash": "ostiary.bash", "zsh": "_ostiary", "fish": "ostiary.fish"} {
		script, err := exec.CommandContext(ctx, serverBinary, "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("%s completion %s: %w", serverBinary, shell, err)
		}
		if err := os.WriteFile(filepath.Join(stage, "completions", file), script, 0o644); err != nil {
			return err
		}
	}
	return nil
}
