//go:build walk

package walk

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long something may take that only a program that hangs does not
// do. How long it should take is the benchmarks' to say.
const patience = 2 * time.Minute

const (
	screenWidth  = 1280
	screenHeight = 800
)

// screen is a virtual screen with nothing on it but the program.
type screen struct {
	t       testing.TB
	display string
	buffer  string // file of the frame buffer
	env     []string
}

func startScreen(t testing.TB) *screen {
	t.Helper()
	dir := t.TempDir()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight),
		"-fbdir", dir, "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	require.NoError(t, write.Close())
	number, err := bufio.NewReader(read).ReadString('\n')
	require.NoError(t, err)
	s := &screen{t: t, display: ":" + strings.TrimSpace(number), buffer: filepath.Join(dir, "Xvfb_screen0")}
	home := t.TempDir()
	s.env = append(os.Environ(), "DISPLAY="+s.display, "HOME=/home/ada", "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_DATA_HOME="+filepath.Join(home, "data"), "LANG=en_GB.UTF-8", "LC_ALL=", "FYNE_SCALE=1",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent") // no bus: none must be started
	return s
}

// run runs a program on the screen until the test ends, if it does not end
// before.
func (s *screen) run(program string, args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = s.env
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	require.NoError(s.t, cmd.Start())
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.keep("failed", s.look())
		}
		_ = cmd.Process.Kill()
		if cmd.ProcessState == nil {
			_ = cmd.Wait()
		}
	})
	return cmd
}

// ends waits until a program has ended well, and its window has gone from the screen.
func (s *screen) ends(cmd *exec.Cmd) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		require.NoError(s.t, err)
	case <-time.After(patience):
		require.Fail(s.t, "the program does not end")
	}
	s.until(func() bool { return !s.visible() && colours(s.look()) < 40 }, "the window goes")
}

// painted waits for the program's window.
func (s *screen) painted() {
	s.t.Helper()
	s.until(func() bool { return colours(s.look()) > 40 && s.visible() }, "no window")
}

// asks reports whether a dialog darkens the window; the sidebar shows it.
func (s *screen) asks() bool {
	seen := s.look().RGBAAt(30, 650)
	return seen != color.RGBA{R: 0x12, G: 0x14, B: 0x19, A: 0xff} && seen != color.RGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
}

// visible reports whether the program has a window on the screen.
func (s *screen) visible() bool {
	cmd := exec.Command("xdotool", "search", "--onlyvisible", "--name", "Ostiary")
	cmd.Env = s.env
	return cmd.Run() == nil
}

// do runs xdotool.
func (s *screen) do(args ...string) {
	s.t.Helper()
	cmd := exec.Command("xdotool", args...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
}

// press presses keys one after another.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.do(append([]string{"key", "--delay", "60"}, keys...)...)
	s.rest()
}

// opens presses a key and waits until much of the picture has changed: a
// dialog has opened or closed.
func (s *screen) opens(key string) {
	s.t.Helper()
	before := s.settled()
	s.do("key", key)
	require.Eventually(s.t, func() bool { return different(before, s.look()) > 20_000 }, patience, 50*time.Millisecond, "nothing opened or closed")
	s.settled()
}

// until waits for something.
func (s *screen) until(good func() bool, what string) {
	s.t.Helper()
	require.Eventually(s.t, good, patience, 20*time.Millisecond, what)
}

// different counts the points at which two pictures differ.
func different(a, b *image.RGBA) (n int) {
	for i := 0; i < len(a.Pix); i += 4 {
		if a.Pix[i] != b.Pix[i] || a.Pix[i+1] != b.Pix[i+1] {
			n++
		}
	}
	return n
}

// write types text.
func (s *screen) write(text string) {
	s.t.Helper()
	s.do("type", "--delay", "8", text)
	s.rest()
}

// rest gives the program time to draw.
func (s *screen) rest() { time.Sleep(250 * time.Millisecond) }

// clipboard returns what the program has put there.
func (s *screen) clipboard() string {
	s.t.Helper()
	cmd := exec.Command("xclip", "-o", "-selection", "clipboard")
	cmd.Env = s.env
	out, err := cmd.Output()
	require.NoError(s.t, err)
	return string(out)
}

// settled waits until the picture no longer changes, and returns it.
func (s *screen) settled() *image.RGBA {
	s.t.Helper()
	before := s.look()
	same := 0
	for range 40 {
		time.Sleep(120 * time.Millisecond)
		now := s.look()
		same++
		if !bytes.Equal(now.Pix, before.Pix) {
			same = 0
		}
		if before = now; same == 3 {
			return now
		}
	}
	return before // a cursor blinks
}

// picture keeps what the screen shows.
func (s *screen) picture(name string) {
	s.t.Helper()
	shown := s.settled()
	require.Greater(s.t, colours(shown), 40, "%s: the window is blank", name)
	s.keep(name, shown)
}

func (s *screen) keep(name string, shown image.Image) {
	s.t.Helper()
	dir := os.Getenv("OSTIARY_PICTURES")
	if dir == "" {
		dir = s.t.TempDir()
	}
	f, err := os.Create(filepath.Join(dir, "desktop-"+name+".png"))
	require.NoError(s.t, err)
	require.NoError(s.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, shown))
	require.NoError(s.t, f.Close())
}

// colours counts the different colours of a picture.
func colours(p *image.RGBA) int {
	seen := map[color.RGBA]bool{}
	for y := 0; y < screenHeight; y += 3 {
		for x := range screenWidth {
			seen[p.RGBAAt(x, y)] = true
		}
	}
	return len(seen)
}

// look reads the frame buffer, which Xvfb keeps as an XWD file: a header of
// 32-bit numbers, a table of colours, then the pixels.
func (s *screen) look() *image.RGBA {
	s.t.Helper()
	raw, err := os.ReadFile(s.buffer)
	require.NoError(s.t, err)
	field := func(i int) int { return int(binary.BigEndian.Uint32(raw[4*i:])) }
	const headerSize, bytesPerLine, colourCount, colourSize = 0, 12, 19, 12
	at, line := field(headerSize)+field(colourCount)*colourSize, field(bytesPerLine)
	p := image.NewRGBA(image.Rect(0, 0, screenWidth, screenHeight))
	for y := range screenHeight {
		for x := range screenWidth {
			o := at + y*line + 4*x
			p.SetRGBA(x, y, color.RGBA{R: raw[o+2], G: raw[o+1], B: raw[o], A: 0xff})
		}
	}
	return p
}
