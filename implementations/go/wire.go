package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A number on the wire. JSON has no NaN and no infinities, and encoding/json writes −0.0 as -0,
// which other languages read as an integer.
type number float64

var special = map[string]float64{
	"NaN":       math.NaN(),
	"Infinity":  math.Inf(1),
	"-Infinity": math.Inf(-1),
}

func (x number) MarshalJSON() ([]byte, error) {
	switch f := float64(x); {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	case f == 0 && math.Signbit(f):
		return []byte(`-0.0`), nil
	default:
		return json.Marshal(f)
	}
}

func (x *number) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) == nil {
		if f, ok := special[word]; ok {
			*x = number(f)
			return nil
		}
	}
	var f *float64 // nil for null
	if json.Unmarshal(text, &f) != nil || f == nil {
		return fmt.Errorf("%s is not a number", text)
	}
	*x = number(*f)
	return nil
}

// A pair is a row of a matrix. By default, encoding/json pads or truncates an array of another
// length.
type pair [2]number

func (row *pair) UnmarshalJSON(text []byte) error {
	var numbers []number
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	if len(numbers) != len(row) {
		return fmt.Errorf("%s is not a row of two numbers", text)
	}
	copy(row[:], numbers)
	return nil
}

type params struct {
	W1, W2 []pair
	B1, B2 *number
}

// request holds the fields of all ops; missing fields are nil.
type request struct {
	Values       []number
	Params       params
	X, T         []pair
	LearningRate *number `json:"learning_rate"`
	Epochs       *int
	BatchSize    *int  `json:"batch_size"`
	TrainBiases  *bool `json:"train_biases"`
}

// check returns an error if the request has missing or invalid fields for op.
func (q request) check(op string) error {
	p := q.Params
	switch {
	case op == "echo":
		if q.Values == nil {
			return errors.New("values must be a list of numbers")
		}
	case len(p.W1) != 2 || len(p.W2) != 2 || p.B1 == nil || p.B2 == nil:
		return errors.New("params must have W1 and W2, two rows each, and the numbers b1 and b2")
	case q.X == nil:
		return errors.New("X must be a list of rows")
	case op != "forward" && (q.T == nil || len(q.T) != len(q.X)):
		return fmt.Errorf("T must have %d rows, as X has", len(q.X))
	case op != "train":
		return nil
	case q.LearningRate == nil || q.TrainBiases == nil:
		return errors.New("train needs a learning_rate, and train_biases, true or false")
	case q.Epochs == nil || *q.Epochs < 0 || q.BatchSize == nil || *q.BatchSize < 1:
		return errors.New("epochs must be 0 or more, and batch_size 1 or more")
	}
	return nil
}

func read[R Real](written []pair) []Row[R] {
	rows := make([]Row[R], len(written))
	for r, row := range written {
		rows[r] = Row[R]{R(row[0]), R(row[1])}
	}
	return rows
}

func readParams[R Real](written params) (p Params[R]) {
	copy(p.W1[:], read[R](written.W1))
	copy(p.W2[:], read[R](written.W2))
	p.B1, p.B2 = R(*written.B1), R(*written.B2)
	return p
}

func write[R Real](row Row[R]) pair {
	return pair{number(row[0]), number(row[1])}
}

func writeParams[R Real](p Params[R]) result {
	return result{
		"W1": []pair{write(p.W1[0]), write(p.W1[1])}, "b1": number(p.B1),
		"W2": []pair{write(p.W2[0]), write(p.W2[1])}, "b2": number(p.B2),
	}
}
