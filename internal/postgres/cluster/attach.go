package cluster

import "path/filepath"

// Attach returns the connection strings of the server that another process runs on a data directory
// (Start then fails with CodeInUse), so that a command can work beside it. It neither starts nor
// stops anything and does not check that the server answers.
func Attach(dir string) (appURL, ownerURL string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", dirError(dir, err)
	}
	c := &Cluster{dir: abs}
	return c.AppURL(), c.OwnerURL(), nil
}
