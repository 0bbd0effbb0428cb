module backproof/port

go 1.19
