package build

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"strings"

	"github.com/tc-hib/winres"
	winversion "github.com/tc-hib/winres/version"
)

// withResources adds to a program for Windows what Explorer shows of it: its icon, and its name and version. A manifest
// says that it draws in the screen's own pixels.
func withResources(program []byte) ([]byte, error) {
	file, err := os.Open(desktopIcon)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	picture, err := png.Decode(file)
	if err != nil {
		return nil, err
	}
	icon, err := winres.NewIconFromResizedImage(picture, nil)
	if err != nil {
		return nil, err
	}
	resources := winres.ResourceSet{}
	if err := resources.SetIcon(winres.ID(1), icon); err != nil {
		return nil, err
	}
	resources.SetManifest(winres.AppManifest{
		Description: "Manages the API keys of machines", DPIAwareness: winres.DPIPerMonitorV2, LongPathAware: true,
		UseCommonControlsV6: true,
	})
	about := winversion.Info{Timestamp: commitTime()}
	for key, text := range map[string]string{
		winversion.ProductName: "Ostiary", winversion.FileDescription: "Ostiary", winversion.CompanyName: "Ostiary",
		winversion.OriginalFilename: "ostiary-desktop.exe", winversion.LegalCopyright: "Apache-2.0",
		winversion.FileVersion: version(), winversion.ProductVersion: version(),
	} {
		if err := about.Set(winversion.LangDefault, key, text); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(version(), "v") { // else it is a commit, and its digits are no version
		about.SetFileVersion(version())
		about.SetProductVersion(version())
	}
	resources.SetVersionInfo(about)
	var out bytes.Buffer
	if err := resources.WriteToEXE(&out, bytes.NewReader(program)); err != nil {
		return nil, fmt.Errorf("the icon cannot be put into the program for Windows: %w", err)
	}
	return out.Bytes(), nil
}
