# softmax: tomorrow
