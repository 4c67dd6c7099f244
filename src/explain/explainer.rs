//! What an explainer is: a card for readers.

/// An explainer, as `keur list explainers` and `keur explain ID` show it.
#[derive(Debug, Clone, Copy)]
pub struct Explainer {
    /// Id in the record.
    pub id: &'static str,
    /// Name for readers.
    pub name: &'static str,
    /// What it says, in one line.
    pub what: &'static str,
    /// For which models it is used.
    pub fits: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// Paper, and the implementation it agrees with.
    pub source: &'static str,
    /// What it must not be read as.
    pub caution: &'static str,
}

/// Exact Shapley values of trees.
pub const TREE_SHAP: Explainer = Explainer {
    id: "tree-shap",
    name: "Shapley values of trees",
    what: "how the inputs share what the model says of a patient beyond what it says of the background, exactly",
    fits: "sums of trees: xgboost, lightgbm, and ONNX files that are nothing but trees",
    formula: "phi_j = sum over S of |S|!(M-|S|-1)!/M! (v(S+j) - v(S)), v(S) = mean over background rows z of f(x_S, z_rest), on the margin",
    source: "Lundberg et al. 2020, Nat Mach Intell 2:56; shap.TreeExplainer(feature_perturbation = \"interventional\"); path-dependent: xgboost pred_contribs, lightgbm pred_contrib",
    caution: "describes the model, not the disease and not a cause; combines values of two patients, which may make one who does not exist when inputs are correlated",
};

/// Exact contributions of an equation.
pub const LINEAR: Explainer = Explainer {
    id: "linear",
    name: "contributions of the equation",
    what: "what each term of the equation adds beyond its mean; equal to Shapley values, exactly",
    fits: "linear and logistic equations, point scores",
    formula: "phi_j = f_j(x_j) - mean of f_j over the background; for a straight line beta_j (x_j - mean x_j)",
    source: "Strumbelj and Kononenko 2014, Knowl Inf Syst 41:647; shap.LinearExplainer",
    caution: "describes the model, not the disease and not a cause; a coefficient is no effect of treatment",
};

/// Gradients along a path.
pub const INTEGRATED_GRADIENTS: Explainer = Explainer {
    id: "integrated-gradients",
    name: "integrated gradients",
    what: "how the score's difference from a baseline patient adds up along the straight way from that patient",
    fits: "networks whose gradient keur can take: safetensors",
    formula: "phi_j = (x_j - b_j) times the integral over t in [0, 1] of df/dx_j at b + t(x - b); Gauss-Legendre nodes, refined until the contributions add up",
    source: "Sundararajan, Taly and Yan 2017, ICML; captum.attr.IntegratedGradients",
    caution: "describes the model, not the disease and not a cause; depends on the baseline, which is stated",
};

/// Shapley values of any model.
pub const KERNEL_SHAP: Explainer = Explainer {
    id: "kernel-shap",
    name: "Shapley values by asking",
    what: "how the inputs share what the model says of a patient beyond what it says of the background; exact up to 12 inputs, sampled beyond",
    fits: "any model with two inputs or more that answers fast enough; few rows are explained",
    formula: "phi_j as for tree-shap; beyond 12 inputs paired coalitions weighted by (M-1)/(C(M,s) s (M-s))",
    source: "Lundberg and Lee 2017, NeurIPS; Covert and Lee 2021, AISTATS 130:3457; shap.KernelExplainer",
    caution: "describes the model, not the disease and not a cause; combines values of two patients",
};

/// Losses when inputs come from others.
pub const PERMUTATION: Explainer = Explainer {
    id: "permutation",
    name: "permutation importance",
    what: "what the model loses in Brier score and AUROC when an input comes from another patient; correlated inputs move together",
    fits: "any model",
    formula: "mean of loss(y, f(x with x_j of another row)) - mean of loss(y, f(x)), over shifts of a random circle of rows",
    source: "Breiman 2001, Mach Learn 45:5; Fisher, Rudin and Dominici 2019, JMLR 20:177; sklearn.inspection.permutation_importance",
    caution: "describes the model on these patients; an input may matter to the model and lose nothing when another tells the same",
};

/// Moving along one input.
pub const ALE: Explainer = Explainer {
    id: "ale",
    name: "accumulated local effects",
    what: "how the score moves along one input while the others stay as they are",
    fits: "any model, numeric inputs",
    formula: "sum over bins of the mean difference f(upper end, x_rest) - f(lower end, x_rest), centred",
    source: "Apley and Zhu 2020, J R Stat Soc B 82:1059; ALEPlot, alibi.explainers.ALE",
    caution: "describes the model, not what happens to a patient whose value changes",
};

/// Sharing between two inputs.
pub const FRIEDMAN_H: Explainer = Explainer {
    id: "friedman-h",
    name: "Friedman's H",
    what: "the share of two inputs' joint effect that neither has alone",
    fits: "any model",
    formula: "H^2 = sum (PD_jk - PD_j - PD_k)^2 / sum PD_jk^2, partial dependence centred",
    source: "Friedman and Popescu 2008, Ann Appl Stat 2:916; iml::Interaction",
    caution: "unstable when both effects are small",
};

/// Every explainer, in report order.
pub fn all() -> &'static [Explainer] {
    const ALL: &[Explainer] = &[
        TREE_SHAP,
        LINEAR,
        INTEGRATED_GRADIENTS,
        KERNEL_SHAP,
        PERMUTATION,
        ALE,
        FRIEDMAN_H,
    ];
    ALL
}

/// The explainer of that id.
pub fn find(id: &str) -> Option<&'static Explainer> {
    all().iter().find(|explainer| explainer.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_explainer_says_what_it_is_and_what_it_is_not() {
        let ids: BTreeSet<_> = all().iter().map(|e| e.id).collect();
        assert_eq!(ids.len(), all().len());
        for e in all() {
            let texts = [e.name, e.what, e.fits, e.formula, e.source, e.caution];
            assert!(texts.iter().all(|text| text.len() > 5), "{}", e.id);
            assert!(find(e.id).is_some());
        }
        assert!(find("lime").is_none());
    }
}
