# What no stack takes over, and the other project keeps.
data "aws_iam_policy_document" "cluster" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "eks-cluster-role"
  assume_role_policy = data.aws_iam_policy_document.cluster.json
}
