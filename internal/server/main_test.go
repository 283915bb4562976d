package server_test

import (
	"testing"

	"daicho/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
