//go:build walk

package walk

import (
	"encoding/binary"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// closeWindow asks the program to close its window, as the window manager does
// when somebody clicks on the cross. There is none on the screen, and xdotool
// cannot ask.
func (s *screen) closeWindow() {
	s.t.Helper()
	search := exec.Command("xdotool", "search", "--onlyvisible", "--name", "Ostiary")
	search.Env = s.env
	out, err := search.Output()
	require.NoError(s.t, err)
	window, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 32)
	require.NoError(s.t, err)

	x, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(s.display, ":"))
	require.NoError(s.t, err)
	defer func() { _ = x.Close() }()
	ask := func(request []byte, reply int) []byte {
		_, err := x.Write(request)
		require.NoError(s.t, err)
		answer := make([]byte, reply)
		_, err = io.ReadFull(x, answer)
		require.NoError(s.t, err)
		return answer
	}
	little := binary.LittleEndian
	greeting := ask([]byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 8) // protocol 11.0, nothing to prove who asks
	require.EqualValues(s.t, 1, greeting[0], "the screen does not let us in")
	ask(nil, 4*int(little.Uint16(greeting[6:])))
	atom := func(name string) uint32 {
		const internAtom = 16
		padded := (len(name) + 3) / 4 * 4
		request := make([]byte, 8+padded)
		request[0] = internAtom
		little.PutUint16(request[2:], uint16(2+padded/4))
		little.PutUint16(request[4:], uint16(len(name)))
		copy(request[8:], name)
		return little.Uint32(ask(request, 32)[8:])
	}
	const sendEvent, clientMessage = 25, 33
	request := make([]byte, 44)
	request[0] = sendEvent
	little.PutUint16(request[2:], 11)
	little.PutUint32(request[4:], uint32(window))
	event := request[12:]
	event[0], event[1] = clientMessage, 32
	little.PutUint32(event[4:], uint32(window))
	little.PutUint32(event[8:], atom("WM_PROTOCOLS"))
	little.PutUint32(event[12:], atom("WM_DELETE_WINDOW"))
	ask(request, 0)
	atom("WM_PROTOCOLS") // its answer comes after the event was sent
}
