// Command port is a backend for backproof in Go: network.go has the mathematics, wire.go the
// types of requests and responses. It reads one request and writes one response per line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
)

type answer struct {
	ID          json.RawMessage `json:"id"`
	OK          result          `json:"ok,omitempty"`
	Unsupported string          `json:"unsupported,omitempty"`
	Error       string          `json:"error,omitempty"`
}

// A result holds the fields of "ok"; nil is written as null.
type result map[string]any

// lacking holds what network.go says is unsupported, of the current request.
var lacking map[string]bool

// unsupported marks a field of a result, such as "forward.h", or an op, such as "train", as
// unsupported. It counts for the current request only, and if this has that op.
func unsupported(name string) { lacking[name] = true }

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout) // unbuffered
	for {
		line, end := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := answers.Encode(reply(line)); err != nil {
				log.Fatal(err)
			}
		}
		if end == io.EOF {
			return
		}
		if end != nil {
			log.Fatal(end)
		}
	}
}

// reply returns the response to a line, valid or not.
func reply(line []byte) answer {
	var asked struct {
		ID        json.RawMessage
		Op, Dtype string
		Protocol  int
	}
	err := json.Unmarshal(line, &asked)
	a := answer{ID: asked.ID}
	lacking = map[string]bool{}
	if err == nil {
		switch {
		case asked.Op == "":
			err = errors.New("a request must have an op")
		case asked.Op == "hello":
			a.OK, err = hello(asked.Protocol)
		case !known[asked.Op]:
			a.Unsupported = asked.Op
		case asked.Dtype == "":
			err = errors.New("a request must have a dtype")
		case asked.Dtype == "float64":
			a.OK, err = calculate[float64](asked.Op, line)
		case asked.Dtype == "float32":
			a.OK, err = calculate[float32](asked.Op, line)
		default:
			a.Unsupported = asked.Dtype
		}
	}
	for name := range lacking {
		field := strings.TrimPrefix(name, asked.Op+".")
		if field == name {
			continue // the op as a whole, or another one
		}
		if _, ok := a.OK[field]; !ok {
			err = fmt.Errorf("unsupported(%q): %s has no such field", name, asked.Op)
		} else {
			a.OK[field] = nil
		}
	}
	switch {
	case err != nil:
		a.OK, a.Error = nil, err.Error()
	case lacking[asked.Op]:
		a.OK, a.Unsupported = nil, asked.Op
	}
	return a
}

var known = map[string]bool{
	"echo": true, "forward": true, "loss": true, "gradients": true, "train": true,
}

func hello(protocol int) (result, error) {
	if protocol != 1 {
		return nil, errors.New("only protocol 1 is supported")
	}
	return result{
		"protocol": 1,
		"name":     "go",
		"version":  runtime.Version(),
		"dtypes":   []string{"float64", "float32"},
		"ops":      []string{"forward", "loss", "gradients", "train"},
	}, nil
}

// calculate runs a known op in one dtype.
func calculate[R Real](op string, line []byte) (result, error) {
	var q request
	if err := json.Unmarshal(line, &q); err != nil {
		return nil, err
	}
	if err := q.check(op); err != nil {
		return nil, err
	}
	if op == "echo" {
		for i, x := range q.Values {
			q.Values[i] = number(R(x))
		}
		return result{"values": q.Values}, nil
	}
	p, X, T := readParams[R](q.Params), read[R](q.X), read[R](q.T)
	switch op {
	case "forward":
		h, outH := make([]pair, len(X)), make([]pair, len(X))
		y, outY := make([]pair, len(X)), make([]pair, len(X))
		for r, x := range X {
			a := p.forward(x)
			h[r], outH[r], y[r], outY[r] = write(a.H), write(a.OutH), write(a.Y), write(a.OutY)
		}
		return result{"h": h, "out_h": outH, "y": y, "out_y": outY}, nil
	case "loss":
		perOutput, totals := make([]pair, len(X)), make([]number, len(X))
		for r, x := range X {
			E, total := p.loss(x, T[r])
			perOutput[r], totals[r] = write(E), number(total)
		}
		return result{"per_output": perOutput, "total": totals}, nil
	case "gradients":
		return writeParams(p.gradients(X, T)), nil
	default:
		rate := R(*q.LearningRate)
		return writeParams(p.train(X, T, rate, *q.Epochs, *q.BatchSize, *q.TrainBiases)), nil
	}
}
